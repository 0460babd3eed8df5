"""Keras over TensorFlow: `fit` with compiled steps, and whole epochs as one compiled function."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .given import Given
from .tasks import Task
from .works import Training


def network(work: Training, threads: int) -> keras.Model:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    hidden = [keras.layers.Dense(width, activation="relu") for width in work.sizes[1:-1]]
    model = keras.Sequential([keras.Input((work.sizes[0],)), *hidden, keras.layers.Dense(work.sizes[-1])])
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3, epsilon=1e-8),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True,
        steps_per_execution=work.rows // work.batch,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def starting(model: keras.Model, given: Given) -> Any:
    """A function that puts back the given weights and a fresh Adam, without compiling anything again."""
    fresh = [np.array(variable) for variable in model.optimizer.variables]

    def start() -> keras.Model:
        model.set_weights(given.weights)
        for variable, value in zip(model.optimizer.variables, fresh, strict=True):
            variable.assign(value)
        return model

    return start


def fitted(work: Training, given: Given, threads: int) -> Task:
    model = network(work, threads)
    rows = tf.data.Dataset.from_tensor_slices((given.X, given.y))
    pipeline = rows.batch(work.batch, drop_remainder=True).cache().prefetch(tf.data.AUTOTUNE)

    def train(model: keras.Model) -> keras.Model:
        model.fit(pipeline, epochs=work.epochs, verbose=0)
        return model

    return Task(starting(model, given), train, lambda model: model.get_weights())


def jitted(work: Training, given: Given, threads: int) -> Task:
    model = network(work, threads)
    count = given.batches(work.batch)
    X = tf.constant(given.X.reshape(count, work.batch, -1))
    y = tf.constant(given.y.reshape(count, work.batch))

    @tf.function(jit_compile=True)
    def epoch() -> None:
        for i in tf.range(count):
            with tf.GradientTape() as tape:
                loss = model.loss(y[i], model(X[i], training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            model.optimizer.apply(gradients, model.trainable_variables)

    def train(model: keras.Model) -> keras.Model:
        for _ in range(work.epochs):
            epoch()
        return model

    return Task(starting(model, given), train, lambda model: model.get_weights())


TASKS = {("keras", "softmax"): fitted, ("tensorflow", "softmax"): jitted}
