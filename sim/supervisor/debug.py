# The `heddle` commands of gdb. `heddle replay FILE --gdb` loads this file, after it has set SESSION:
#   program, arguments, environment   how the program is started ("NAME=value")
#   directory                         where
#   points                            steps of the schedule
#   stop                              the step to stop at first; -1: at the finding
#   finding                           what was found, in a line
#   operations                        names of the kinds of operations, by number
#   control, output, errors           descriptors that gdb inherited (sim/protocol/control.h)
#   stop_at_offset                    of Control::stop_at
#
# The program is the execution: every simulated thread is a thread of gdb's (the hand-over is the
# baton), of which one runs at a time. Going back is running again, up to an earlier step: a replay
# does the same each time.
import os
import shlex
import struct

import gdb

NEVER = 2**64 - 1
KERNEL = "heddle::sim::runtime::kernel"


def escape(text):
    """What others wrote, for a terminal: what sim/text/printable.h escapes, escaped."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else "\\u%04x" % ord(character)
        for character in text)


def write(text):
    gdb.write(escape(text))


def kernel(member):
    """A member of the kernel's state (sim/runtime/core/kernel.h), for example "log.points".

    By its symbol: gdb reads an expression in the language of the frame it stands in, which may be
    C's or an assembler's."""
    value = gdb.lookup_global_symbol(KERNEL).value()
    for name in member.split("."):
        value = value[name]
    return value


def is_running():
    return gdb.selected_inferior().pid != 0


class Session:
    """Where the replay is, and the breakpoints that stop it."""

    def __init__(self):
        self.step = -1  # the last one that was chosen when it stopped
        self.step_is_next = False  # its operation is still to come
        self.reason = ""
        self.shown = {SESSION["output"]: 0, SESSION["errors"]: 0}
        self.moving = False

    def start(self):
        set_up_program()
        for kind, place in ((StepBreakpoint, "heddle_debug_step"),
                            (FindingBreakpoint, "heddle_debug_finding")):
            kind(place, internal=True).silent = True  # show() tells more
        gdb.events.stop.connect(on_stop)
        gdb.events.exited.connect(on_exit)
        write("heddle: %s\n" % SESSION["finding"])
        self.run_to(SESSION["stop"] if SESSION["stop"] >= 0 else NEVER)

    def run_to(self, step):
        """From the start, to the step or to the finding."""
        os.pwrite(SESSION["control"], struct.pack("=Q", step), SESSION["stop_at_offset"])
        for descriptor in self.shown:
            os.ftruncate(descriptor, 0)
            self.shown[descriptor] = 0
        self.step = -1
        self.step_is_next = False
        others = [each for each in gdb.breakpoints() if each.enabled and each.visible]
        for each in others:
            each.enabled = False
        try:
            self.move("run")
        finally:
            for each in others:
                each.enabled = True

    def go_on_to(self, step):
        gdb.execute("set var %s.debugger.stop_at = %d" % (KERNEL, step))
        check_at = min(step, int(kernel("request.step_budget")))
        gdb.execute("set var %s.log.check_at = %d" % (KERNEL, check_at))
        self.move("continue")

    def at(self, step_is_next, reason):
        self.step = int(kernel("log.points")) - 1
        self.step_is_next = step_is_next
        self.reason = reason

    def move(self, command):
        self.reason = ""
        self.moving = True
        try:
            gdb.execute(command, to_string=True)
        finally:
            self.moving = False
        self.show()

    def show(self):
        self.show_output()
        if not is_running():
            write("heddle: %s\n" % (self.reason or "the program has ended"))
            return
        write("heddle: %s\n" % (self.reason or "stopped"))
        show_program_frame()

    def show_output(self):
        for descriptor, shown in self.shown.items():
            text = os.pread(descriptor, 1 << 20, shown)
            self.shown[descriptor] += len(text)
            # What gdb runs has no names for addresses: heddle has shown the report already.
            if descriptor == SESSION["errors"] and b"Sanitizer: " in text:
                text = b"(the sanitizer's report is above, with names)\n"
            write(text.decode(errors="backslashreplace"))


def set_up_program():
    for setting in (
        "confirm off",
        "pagination off",
        "print thread-events off",
        "breakpoint pending on",
        "disable-randomization on",
        "startup-with-shell on",
        # Nothing of gdb's own environment, nor of the shell's.
        "exec-wrapper env -i " + " ".join(shlex.quote(each) for each in SESSION["environment"]),
        "args " + " ".join(shlex.quote(each) for each in SESSION["arguments"]),
    ):
        gdb.execute("set " + setting)
    gdb.execute("set cwd " + SESSION["directory"])
    # Where compilers are called with relative paths they are relative to the build.
    gdb.execute("directory " + os.path.dirname(SESSION["program"]), to_string=True)
    # The sanitizers' and the kernel's own signals.
    gdb.execute("handle SIGCONT SIGSYS SIG58 nostop noprint pass", to_string=True)
    gdb.execute("file " + SESSION["program"], to_string=True)


class StepBreakpoint(gdb.Breakpoint):
    def stop(self):
        session.at(True, describe_step(int(kernel("log.points")) - 1))
        return True


class FindingBreakpoint(gdb.Breakpoint):
    def stop(self):
        message = gdb.selected_frame().read_register("rdi")
        text = message.cast(gdb.lookup_type("char").pointer()).string(errors="replace")
        session.at(False, "found after step %d: %s" % (int(kernel("log.points")) - 1, text))
        return True


def on_stop(event):
    if isinstance(event, gdb.SignalEvent):
        session.at(False, "%s after step %d" % (event.stop_signal, int(kernel("log.points")) - 1))
    elif not session.reason:
        return  # a breakpoint or a step of the user's
    if not session.moving:
        session.show()
        session.reason = ""


def on_exit(event):
    code = getattr(event, "exit_code", None)
    session.step_is_next = False
    session.reason = "the program has ended" + ("" if code is None else " with status %d" % code)
    if not session.moving:
        session.show_output()


# --- Threads ---


class Thread:
    """A simulated thread that is alive."""

    def __init__(self, value):
        self.number = int(value["number"])
        self.kernel_id = int(value["kernel_id"])
        self.enabled = bool(value["enabled"])
        self.operation = SESSION["operations"][int(value["pending"]["kind"])]
        self.address = int(value["pending"]["address"])
        self.object = int(value["pending"]["object"])
        self.wait_address = int(value["wait_address"])
        self.held = [
            int(value["held"][i]["address"])
            for i in range(min(int(value["held_count"]), int(value["held"].type.range()[1]) + 1))
        ]

    def gdb_thread(self):
        for each in gdb.selected_inferior().threads():
            if each.ptid[1] == self.kernel_id:
                return each
        raise gdb.GdbError("thread %d has no kernel thread" % self.number)

    def state(self, current, threads):
        what = self.operation + (" 0x%x" % self.address if self.address > 4096 else "")
        if not self.enabled:
            text = "waits, " + what
        elif self.number == current:
            text = "runs, " + what
        else:
            text = "can run, next " + what
        for each in threads:
            if not self.enabled and self.wait_address in each.held:
                text += " held by thread %d" % each.number
        if self.held:
            text += "; holds " + ", ".join("0x%x" % each for each in self.held)
        return text


def threads_alive():
    slots = kernel("threads.slots")
    threads = [slots[i] for i in range(int(kernel("threads.slot_end")))]
    # What brings a signal has no stack.
    alive = [Thread(each.dereference()) for each in threads if int(each) != 0 and not each["is_courier"]]
    return sorted(alive, key=lambda each: each.number)


def current_number():
    current = kernel("threads.current")
    return int(current["number"]) if int(current) != 0 else -1


def describe_step(step):
    """The step that was chosen last."""
    log = kernel("log.steps")
    entry = int(log[step])
    thread, kind = entry & 0xFFFFFF, SESSION["operations"][entry >> 24]
    who = "the clock" if thread == 0xFFFFFF else "thread %d" % thread
    return "step %d of %d: %s, %s" % (step, SESSION["points"], who, kind)


# Mirrors OwnerOf() in sim/stacks/own_code.cc, which defines whose code a frame is.
def is_program_frame(frame):
    name = frame.name() or ""
    found = frame.find_sal().symtab
    if found is None or name.startswith(("heddle::sim::runtime::", "heddle_debug_", "__wrap_")):
        return False
    path = found.filename
    if "/sim/runtime/" in path and "/sim/runtime/testing/" not in path:
        return False
    # System headers, and glibc's own sources as its debug information names them.
    return not path.startswith(("/usr/", "./", "../sysdeps/", "../csu/"))


def frames_of_selected():
    frame = gdb.newest_frame()
    while frame is not None and frame.is_valid():
        yield frame
        frame = frame.older()


def show_program_frame():
    """Selects the innermost frame of the program's own, past the kernel's and the libraries'."""
    for frame in frames_of_selected():
        if is_program_frame(frame):
            frame.select()
            gdb.execute("frame")
            return
    write("(no frame of the program itself; backtrace shows all frames)\n")


# --- Commands ---


def number_of(argument, what):
    try:
        number = int(argument)
    except ValueError:
        number = -1
    if number < 0:
        raise gdb.GdbError("'%s' is not a %s; expected a number from 0" % (argument, what))
    return number


def need_program():
    if not is_running():
        raise gdb.GdbError("the program has ended; heddle goto N or heddle back runs it again")


class Heddle(gdb.Command):
    """Move in the schedule, and look at the simulated threads.

heddle step        on to the next schedule point
heddle back        back to the one before, by running again
heddle goto N      to step N, by running again if it is behind
heddle threads     all simulated threads: state, pending operation, stack
heddle thread N    look at thread N (up, down, print... are about it)"""

    def __init__(self):
        super().__init__("heddle", gdb.COMMAND_RUNNING, prefix=True)

    def invoke(self, argument, from_tty):
        raise gdb.GdbError("expected heddle step, back, goto N, threads or thread N; see help heddle")


class Step(gdb.Command):
    """Go to the next schedule point: stop before the next operation of any thread."""

    def __init__(self):
        super().__init__("heddle step", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        need_program()
        session.go_on_to(int(kernel("log.points")))


class Back(gdb.Command):
    """Go to the previous schedule point. The program runs again from its start."""

    def __init__(self):
        super().__init__("heddle back", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        step = int(kernel("log.points")) - 1 if is_running() else session.step
        if session.step_is_next:
            step -= 1
        if step < 0:
            raise gdb.GdbError("this is the first step")
        session.run_to(step)


class GoTo(gdb.Command):
    """heddle goto N: go to step N. To go backwards, the program runs again from its start."""

    def __init__(self):
        super().__init__("heddle goto", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        step = number_of(argument, "step")
        if step >= SESSION["points"]:
            raise gdb.GdbError("the schedule ends with step %d" % (SESSION["points"] - 1))
        if is_running() and int(kernel("log.points")) <= step:
            session.go_on_to(step)
        else:
            session.run_to(step)


class Threads(gdb.Command):
    """Show all simulated threads: state, pending operation, and place in the program."""

    def __init__(self):
        super().__init__("heddle threads", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        need_program()
        selected, frame = gdb.selected_thread(), gdb.selected_frame()
        threads, current = threads_alive(), current_number()
        try:
            for each in threads:
                write("thread %d %s\n" % (each.number, each.state(current, threads)))
                each.gdb_thread().switch()
                self.write_stack()
        finally:
            selected.switch()
            if frame.is_valid():
                frame.select()

    def write_stack(self):
        shown = 0
        for frame in frames_of_selected():
            if not is_program_frame(frame):
                continue
            place = frame.find_sal()
            write("  #%d %s %s:%d\n" % (shown, frame.name(), place.symtab.filename, place.line))
            shown += 1
        if shown == 0:
            write("  (no frame of the program itself)\n")


class ThreadCommand(gdb.Command):
    """heddle thread N: select simulated thread N, as gdb's own 'thread' selects a thread."""

    def __init__(self):
        super().__init__("heddle thread", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        need_program()
        number = number_of(argument, "thread")
        threads = threads_alive()
        for each in threads:
            if each.number == number:
                each.gdb_thread().switch()
                write("thread %d %s\n" % (number, each.state(current_number(), threads)))
                show_program_frame()
                return
        alive = ", ".join(str(each.number) for each in threads)
        raise gdb.GdbError("there is no thread %d now; alive: %s" % (number, alive))


for command in (Heddle, Step, Back, GoTo, Threads, ThreadCommand):
    command()
session = Session()
session.start()
