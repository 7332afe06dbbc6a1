"""A session of `jupyter console` in a terminal, as somebody types it. Fails where the terminal does not show what it must."""

import os
import sys
import time

import pexpect

# Between typing a line and return: the console asks the kernel whether the line is complete.
PAUSE = 0.3

terminal = pexpect.spawn(
    sys.executable,
    [
        *["-m", "jupyter_console", "--kernel", "gradbook"],
        # A busy machine may take longer than the second that it waits for.
        "--ZMQTerminalInteractiveShell.kernel_is_complete_timeout=60",
        "--ZMQCompleter.timeout=60",
    ],
    encoding="utf8",
    timeout=60,
    dimensions=(50, 160),
    # It would ask for the cursor's place, and some time later print that nobody answers: what is typed then is lost.
    env={**os.environ, "PROMPT_TOOLKIT_NO_CPR": "1"},
)
# What pexpect prints with an error is cut: the whole is for whoever looks for the reason.
terminal.logfile_read = sys.stderr


def type_line(text):
    terminal.send(text)
    time.sleep(PAUSE)
    terminal.send("\r")


def cell(text, shows):
    type_line(text)
    terminal.expect(shows)


terminal.expect(r"In \[")
cell("1 + 41", r"\D42\s")
cell("const words: string[] = ['a']; words.length", r"Out.*1")
cell("const wrong: number = words", "Type 'string\\[\\]' is not assignable")
cell("throw new RangeError('on purpose')", "at .*Cell \\[4\\].*, line 1, column 7")
# Goes on in the next line, until an empty one ends it.
cell("for (let i = 0; i < 3; i++) {", r"\.\.\.")
type_line("console.log('in block', i); }")
terminal.send("\r")
terminal.expect("in block 2")
cell("prompt('Who' + '? ')", r"Who\? ")
terminal.send("Ada\r")
terminal.expect("'Ada'")
type_line("console.log('looping'); for (;;) ;")
terminal.expect("looping\\r\\n")
terminal.sendintr()
terminal.expect("KeyboardInterrupt")
terminal.expect(r"In \[")
terminal.send("words.toSp\t")
terminal.expect("toSpliced")
terminal.send("\x15")
cell("7 * 6", r"Out.*42")
terminal.expect(r"In \[")
time.sleep(PAUSE)
terminal.sendeof()
terminal.expect("really want to exit")
type_line("y")
terminal.expect(pexpect.EOF)
terminal.close()
sys.exit(terminal.exitstatus)
