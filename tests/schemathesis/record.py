"""Writes down what was called and how it was answered: a line `METHOD PATH STATUS` per request, the path as
the description has it. The file's name is in $RECORD."""

import os

import schemathesis

RECORD = open(os.environ["RECORD"], "a", buffering=1, encoding="utf-8")


@schemathesis.hook
def after_call(context, case, response):
    RECORD.write(f"{case.operation.method.upper()} {case.operation.path} {response.status_code}\n")
