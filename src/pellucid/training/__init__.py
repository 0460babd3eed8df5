"""The loop: a plan goes in, a history comes out; stopping, callbacks, recording and progress hang on it as hooks."""
