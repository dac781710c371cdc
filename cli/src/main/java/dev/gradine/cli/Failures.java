package dev.gradine.cli;

import dev.gradine.io.CheckpointException;
import dev.gradine.optim.TrainingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// Turns whatever a command throws into one line on stderr and an exit code.
///
/// ```
/// IllegalArgumentException, a file that is missing or refused, wrong options   → 2, the message
/// a run that cannot go on, a disk that is full                                → 1, the message
/// memory or stack used up, a mapped file cut short                            → 1, what that means
/// anything else                                                               → 1, type and message
/// ```
///
/// @param debug print the stack trace as well
record Failures(boolean debug) implements IParameterExceptionHandler, IExecutionExceptionHandler {

    static final int FAULT = 1;
    static final int MISTAKE = 2;

    /// As much of a value as a message shows.
    private static final int VALUE = 160;

    private static final Pattern LONG =
            Pattern.compile("\"[^\"]{%d,}\"|[^\\s\"]{%d,}".formatted(VALUE + 40, VALUE + 40));

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        String told = Unparsed.text(e);
        return report(
                e.getCommandLine(), e, (told.isEmpty() ? text(e) : told) + " (see " + command + " --help)", MISTAKE);
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
        return handle(e, line);
    }

    /// Reports what was thrown before or during a command.
    int handle(Exception e, CommandLine line) {
        for (Throwable t = e.getCause(); t != null; t = t.getCause()) {
            if (t instanceof VirtualMachineError machine) return handle(machine, line); // of another thread
        }
        Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
        return switch (cause) {
            case CheckpointException file when isOfTheMachine(file.getCause()) -> report(line, e, text(file), FAULT);
            case IllegalArgumentException mistake -> report(line, e, text(mistake), MISTAKE);
            case FileSystemException file -> report(line, e, describe(file), MISTAKE);
            case TrainingException stopped -> report(line, e, text(stopped), FAULT);
            case IOException _
            when e instanceof UncheckedIOException -> report(line, e, text(e), FAULT); // e says which file
            default -> report(line, e, cause + (debug ? "" : " (GRADINE_DEBUG=1 shows where)"), FAULT);
        };
    }

    /// Reports that the machine or the JVM has reached a limit.
    int handle(VirtualMachineError e, CommandLine line) {
        String message = switch (e) {
            case OutOfMemoryError _ ->
                ("out of memory: %s; the heap may hold %d MB, and GRADINE_JAVA_OPTS=-Xmx4g gives it more;"
                                + " shorter texts and smaller batches need less")
                        .formatted(e.getMessage(), Runtime.getRuntime().maxMemory() >> 20);
            case StackOverflowError _ -> "a file, template or expression is nested too deep to be followed";
            case InternalError _
            when mapped(e) -> "a file was changed or cut short while it was read; start again once it is whole";
            default -> e.toString();
        };
        return report(line, e, message, FAULT);
    }

    /// The JDK's words for a page of a mapped file that is no longer there.
    private static boolean mapped(VirtualMachineError e) {
        return String.valueOf(e.getMessage()).contains("unsafe memory access");
    }

    /// A disk that is full or fails, as against a path that cannot be used.
    private static boolean isOfTheMachine(@Nullable Throwable cause) {
        return cause instanceof IOException && !(cause instanceof FileSystemException);
    }

    /// The JDK's message for the two commonest cases is the bare path.
    private static String describe(FileSystemException e) {
        return switch (e) {
            case NoSuchFileException _ -> e.getFile() + ": no such file or folder";
            case AccessDeniedException _ -> e.getFile() + ": permission denied";
            default -> text(e);
        };
    }

    private static String text(Exception e) {
        String message = e.getMessage();
        return message == null ? e.toString() : message;
    }

    /// A long value, in quotes or without a space in it, as its beginning and its length.
    static String shortened(String message) {
        return LONG.matcher(message).replaceAll(m -> {
            String value = m.group();
            String end = value.endsWith("\"") ? "\"" : "";
            String told = value.substring(0, VALUE) + " …" + end + " (" + value.length() + " characters)";
            return Matcher.quoteReplacement(told);
        });
    }

    private int report(CommandLine line, Throwable e, String message, int code) {
        PrintWriter err = line.getErr();
        err.println("gradine: " + shortened(message.strip().replaceAll("\\R\\s*", " ")));
        if (debug) e.printStackTrace(err);
        err.flush();
        return code;
    }
}
