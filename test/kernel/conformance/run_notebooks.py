"""What nbclient, and with it nbconvert --execute and papermill, does with a notebook: run, stop at an error, time out.

Prints one JSON object, which nbclient.test.ts looks at.
"""

import json
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError


def notebook(*cells):
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    made.metadata.kernelspec = {"name": "gradbook", "display_name": "gradbook", "language": "typescript"}
    return made


def run(cells, **options):
    made = notebook(*cells)
    problem = None
    try:
        NotebookClient(made, kernel_name="gradbook", **options).execute()
    except (CellExecutionError, CellTimeoutError) as error:
        problem = type(error).__name__
    outputs = [[dict(output) for output in cell.outputs] for cell in made.cells]
    return {"problem": problem, "outputs": outputs, "counts": [cell.execution_count for cell in made.cells]}


whole = run(
    [
        "const a: number = 20; console.log('printed')",
        "import { display, html } from 'gradbook/display'; const shown = display(html('<i>1</i>')); shown.update(html('<i>2</i>'));",
        "!echo from the shell",
        "a * 2 + 2",
    ]
)
failing = run(["1", "throw new RangeError('on purpose')", "2"])
slow = run(["for (;;) ;", "'never'"], timeout=3)
going_on = run(["for (;;) ;", "'after'"], timeout=3, interrupt_on_timeout=True, allow_errors=True)
json.dump({"whole": whole, "failing": failing, "slow": slow, "goingOn": going_on}, sys.stdout)
