package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// Every failure of a command is one line on stderr and an exit code; the trace appears when asked for.
class FailuresTest {

    private record Outcome(int code, String err) {}

    @Command(name = "fail")
    private record Fail(Exception cause) implements Callable<Integer> {
        @Override
        public Integer call() throws Exception {
            throw cause;
        }
    }

    private static Outcome reached(VirtualMachineError limit) {
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine(Map.of()).setErr(new PrintWriter(err));
        int code = new Failures(false).handle(limit, line);
        return new Outcome(code, err.toString().replace(System.lineSeparator(), "\n"));
    }

    @Test
    void a_limit_of_the_machine_is_one_line_and_code_1() {
        long heap = Runtime.getRuntime().maxMemory() >> 20;
        assertThat(reached(new OutOfMemoryError("Java heap space")))
                .isEqualTo(new Outcome(
                        1,
                        "gradine: out of memory: Java heap space; the heap may hold " + heap + " MB, and"
                                + " GRADINE_JAVA_OPTS=-Xmx4g gives it more; shorter texts and smaller batches need"
                                + " less\n"));
        assertThat(reached(new StackOverflowError()))
                .isEqualTo(
                        new Outcome(1, "gradine: a file, template or expression is nested too deep to be followed\n"));
        assertThat(reached(new InternalError("a fault occurred in a recent unsafe memory access operation")))
                .isEqualTo(new Outcome(
                        1,
                        "gradine: a file was changed or cut short while it was read; start again once it is whole\n"));
        assertThat(run(new IllegalStateException("task", new StackOverflowError()))
                        .err())
                .isEqualTo("gradine: a file, template or expression is nested too deep to be followed\n");
    }

    @Test
    void a_users_mistake_is_its_message_and_code_2() {
        assertThat(run(new IllegalArgumentException("lora: rank is 0, expected >= 1")))
                .isEqualTo(new Outcome(2, "gradine: lora: rank is 0, expected >= 1\n"));
    }

    @Test
    void a_message_of_several_lines_becomes_one() {
        assertThat(run(new IllegalArgumentException("run.yaml: line 3:\n   unknown key\r\n  'rnak'\n")))
                .isEqualTo(new Outcome(2, "gradine: run.yaml: line 3: unknown key 'rnak'\n"));
    }

    @Test
    void a_mistake_without_message_is_at_least_named() {
        assertThat(run(new IllegalArgumentException()))
                .isEqualTo(new Outcome(2, "gradine: java.lang.IllegalArgumentException\n"));
    }

    @Test
    void a_missing_or_refused_file_is_a_users_mistake() {
        assertThat(run(new NoSuchFileException("a.jsonl")))
                .isEqualTo(new Outcome(2, "gradine: a.jsonl: no such file or folder\n"));
        assertThat(run(new UncheckedIOException(new AccessDeniedException("a.jsonl"))))
                .isEqualTo(new Outcome(2, "gradine: a.jsonl: permission denied\n"));
        assertThat(run(new FileSystemException("a.jsonl", null, "Is a directory")))
                .isEqualTo(new Outcome(2, "gradine: a.jsonl: Is a directory\n"));
    }

    @Test
    void anything_else_is_a_fault_and_code_1() {
        assertThat(run(new IllegalStateException("Already closed")))
                .isEqualTo(new Outcome(
                        1, "gradine: java.lang.IllegalStateException: Already closed (GRADINE_DEBUG=1 shows where)\n"));
        assertThat(run(new UncheckedIOException(new IOException("disk full"))).code())
                .isEqualTo(1);
    }

    @Test
    void the_trace_is_printed_when_debugging() {
        Outcome fault = run(new IllegalStateException("Already closed"), Map.of("GRADINE_DEBUG", "1"));
        assertThat(fault.code()).isEqualTo(1);
        assertThat(fault.err())
                .startsWith("gradine: java.lang.IllegalStateException: Already closed\n")
                .contains("\tat dev.gradine.cli.FailuresTest");
        assertThat(run(new IllegalStateException("Already closed")).err()).doesNotContain("\tat ");
    }

    @Test
    void an_unknown_option_is_code_2_and_says_where_help_is() {
        assertThat(run(new IllegalStateException(), Map.of(), "fail", "--rnak"))
                .isEqualTo(new Outcome(2, "gradine: Unknown option: '--rnak' (see gradine fail --help)\n"));
    }

    private static Outcome run(Exception cause) {
        return run(cause, Map.of());
    }

    private static Outcome run(Exception cause, Map<String, String> environment) {
        return run(cause, environment, "fail");
    }

    private static Outcome run(Exception cause, Map<String, String> environment, String... args) {
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine(environment, new Fail(cause));
        int code = line.setErr(new PrintWriter(err)).execute(args);
        return new Outcome(code, err.toString().replace(System.lineSeparator(), "\n"));
    }
}
