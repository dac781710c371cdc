package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/// One command run inside the test's process: how it ended and what it printed.
///
/// @param code its exit code
/// @param out what went to stdout
/// @param err what went to stderr, progress included
record Cli(int code, String out, String err) {

    static Cli run(Object... args) {
        StringWriter out = new StringWriter();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream before = System.err;
        PrintStream captured = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        System.setErr(captured); // progress is shown there, whatever picocli prints to
        int code;
        try {
            code = Main.execute(
                    Map.of(),
                    new PrintWriter(out, true),
                    new PrintWriter(captured, true, StandardCharsets.UTF_8),
                    Arrays.stream(args).map(String::valueOf).toArray(String[]::new));
        } finally {
            System.setErr(before);
        }
        return new Cli(code, lines(out.toString()), lines(bytes.toString(StandardCharsets.UTF_8)));
    }

    private static String lines(String text) {
        return text.replace(System.lineSeparator(), "\n");
    }

    /// Requires that it did what it was asked to.
    Cli ok() {
        assertThat(this).extracting(Cli::code).as(err).isEqualTo(0);
        return this;
    }

    /// Requires a user's mistake, told in exactly this one line, and nothing on stdout.
    void refuses(String message) {
        assertThat(this).isEqualTo(new Cli(2, "", "gradine: " + message + "\n"));
    }
}
