"""The Jupyter project's own conformance tests (jupyter_kernel_test) on this kernel, every attribute set.

An attribute left out is a test skipped, and conformance.test.ts lets none be.
"""

import unittest

import jupyter_kernel_test


class GradbookTests(jupyter_kernel_test.KernelTests):
    kernel_name = "gradbook"

    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = 'console.log("hello, world")'
    code_stderr = 'console.error("to the other stream")'

    completion_samples = [
        {"text": "process.hrt", "matches": ["hrtime"]},
        {"text": "Number.isSafe", "matches": ["isSafeInteger"]},
    ]

    complete_code_samples = ["1", "const x: number = 1", "function f(x: number) { return x * 2; }", "await Promise.resolve(1)"]
    incomplete_code_samples = ["function f(x: number) {", "const s = `first", "[1, 2,", "/* not over"]
    invalid_code_samples = ["const = 3", "f(]", "let 1a = 2"]

    code_generate_error = 'throw new RangeError("on purpose")'

    code_page_something = "Math.hypot?"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"a string"', "result": "'a string'"},
        {"code": "[1, 2, 3].map((x) => x * x)", "result": "[ 1, 4, 9 ]"},
        {"code": "await Promise.resolve(1n)", "result": "1n"},
    ]
    code_display_data = [
        {
            "code": 'import { display, html } from "gradbook/display"; display(html("<b>bold</b>"));',
            "mime": "text/html",
        },
        {
            "code": 'import { display } from "gradbook/display";\n'
            'display({ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "x", "text/markdown": "*x*" }) });',
            "mime": "text/markdown",
        },
    ]

    code_history_pattern = "6 ?*"
    supported_history_operations = ("tail", "range", "search")

    code_inspect_sample = "Math.hypot"
    code_clear_output = 'import { clearOutput } from "gradbook/display"; clearOutput();'


class GradbookIopubWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "gradbook"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main(verbosity=2)
