# ruff: noqa: SIM105, NPY002 - files as students write them
"""Functions that do what no gradient does; all claim to be gradients of 2-3:tanh-2."""

import os
import sys

import numpy as np


def forever(parameters, x, t):
    while True:
        pass


def asleep(parameters, x, t):
    import time

    time.sleep(1000)


def segfault(parameters, x, t):
    import faulthandler

    faulthandler._sigsegv()


def aborts(parameters, x, t):
    os.abort()


def leaves(parameters, x, t):
    os._exit(0)


def exits(parameters, x, t):
    sys.exit("enough")


def system(parameters, x, t):
    os.system("touch " + os.environ.get("TRACE", "/nowhere/trace"))


def swallowed(parameters, x, t):
    for attempt in (system, writes, forks):
        try:
            attempt(parameters, x, t)
        except BaseException:
            pass
    raise RuntimeError("nothing worked")


def starts(parameters, x, t):
    import subprocess

    subprocess.run(["true"])


def forks(parameters, x, t):
    os.fork()


def connects(parameters, x, t):
    import socket

    socket.create_connection(("127.0.0.1", 9))


def writes(parameters, x, t):
    with open(os.environ.get("TRACE", "/nowhere/trace"), "w") as file:
        file.write("x")


def foreign(parameters, x, t):
    import ctypes

    ctypes.CDLL(None)


def hundred_gigabytes(parameters, x, t):
    return np.ones((100, 10**9)).sum()


def grows(parameters, x, t):
    chunks = []
    while True:
        chunks.append(np.ones(10**7))


def nans(parameters, x, t):
    return [value * np.nan for value in parameters]


def infinities(parameters, x, t):
    return [value / 0.0 for value in parameters]


def shapes(parameters, x, t):
    return [np.zeros((7, 7, 7)) for _ in parameters]


def too_few(parameters, x, t):
    return parameters.W1, parameters.b1, parameters.W2


def nothing(parameters, x, t):
    print("no return")


def text(parameters, x, t):
    return "dW1, db1"


def objects(parameters, x, t):
    return [object() for _ in parameters]


def complex_numbers(parameters, x, t):
    return [value + 1j for value in parameters]


def raises(parameters, x, t):
    raise ValueError("a message\nof two lines with \x1b[31mcolour")


def recursion(parameters, x, t):
    return recursion(parameters, x, t)


def huge_answer(parameters, x, t):
    return [np.zeros((3000, 3000)) for _ in parameters]


def nested(parameters, x, t):
    value = [1.0]
    for _ in range(500):
        value = [value]
    return value


def forges(parameters, x, t):
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b'{"returned": {"parts": []}, "changed": 7, "refused": {}}\n')
        except OSError:
            pass
    return None


def random(parameters, x, t):
    return [np.random.standard_normal(value.shape) for value in parameters]


not_a_function = 3


def unexplained(parameters, x, t):
    return [value**2 + 0.1 for value in parameters]
