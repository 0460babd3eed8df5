"""What a callback is given."""

from pellucid import Network


def test_a_report_prints_its_numbers_and_not_the_network():
    seen = []
    net = Network([2, 1], activation="sigmoid", seed=0)
    net.fit([[0, 0], [1, 1]], [0, 1], epochs=1, callbacks=lambda report: seen.append(repr(report)))
    (text,) = seen
    assert text.startswith("EpochReport(epoch=1, epochs=1, loss=")
    assert "parameters" not in text
    assert "stop" not in text
