package dev.gradine.cli;

import dev.gradine.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A command in a process of its own, with the Java and the options of this one: the most memory a process has held is
/// told of the whole of it.
final class LabProcess {

    private LabProcess() {}

    /// Runs a command that prints one row as JSON.
    ///
    /// @throws IllegalArgumentException with what the command told, if it refused
    static Map<String, Object> run(List<String> args) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (!option.startsWith("-Dgradine.stderr")) command.add(option); // of this process alone
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(args);
        try {
            Process process = new ProcessBuilder(command).start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code == 0 && !out.isBlank()) {
                return Json.parseObject("lab", out.strip().getBytes(StandardCharsets.UTF_8));
            }
            throw new IllegalArgumentException(lastLine(err, code));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("lab: interrupted", e);
        }
    }

    private static String lastLine(String err, int code) {
        List<String> lines = err.lines().filter(l -> !l.isBlank()).toList();
        String last = lines.isEmpty() ? "ended with exit code " + code : lines.getLast();
        return last.replaceFirst("^gradine: ", "");
    }
}
