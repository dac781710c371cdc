package dev.gradine.testkit.fuzz;

import java.time.Duration;
import java.util.Arrays;
import java.util.regex.Pattern;

/// Judges what a reader does with a file. It must take the file or refuse it with the documented exception, whose
/// message is one line that begins with the file's name and holds no word of Java's; soon, and in little memory.
///
/// @param longest time a file may take, without the time that the thread waits for a processor
/// @param mostBytes memory it may take: all that the thread allocates, garbage included, which no size of the heap
///     changes, and what the process grows by while it reads
public record Judge(Duration longest, long mostBytes) {

    private static final int TRIES = 3;
    private static final int LONGEST_MESSAGE = 1000;
    private static final Pattern JAVA = Pattern.compile(
            "\\[[IJFDZL]@|@[0-9a-f]{6,}|java\\.|JsonToken|REDACTED|reference chain|Exception|Header\\[");

    /// Two seconds and 512 MB.
    public static Judge strict() {
        return new Judge(Duration.ofSeconds(2), 512L << 20);
    }

    /// Has the file of a seed read. What was slow is read again, and only what is slow each time is at fault: what a
    /// busy machine does to one reading it seldom does to three.
    public Verdict judge(FileKind kind, long seed) {
        Original from = kind.original(seed);
        byte[] file = kind.file(seed);
        Verdict best = once(kind, from, file);
        for (int i = 1; i < TRIES && isSlow(best); i++) {
            Verdict again = once(kind, from, file);
            if (again.nanos() < best.nanos()) best = again;
        }
        return best.or(isSlow(best), "takes " + best.nanos() / 1_000_000 + " ms")
                .or(best.bytes() > mostBytes, "takes " + (best.bytes() >> 20) + " MB");
    }

    private boolean isSlow(Verdict v) {
        return v.nanos() > longest.toNanos();
    }

    private static Verdict once(FileKind kind, Original from, byte[] file) {
        Usage usage = Usage.begin();
        boolean read = false;
        String fault = "";
        try {
            from.reader().read(file);
            read = true;
        } catch (Exception | Error e) { // whatever there is: that is the question
            fault = fault(kind, from.named(), e);
        }
        return new Verdict(read, fault, usage.nanos(), usage.bytes());
    }

    private static String fault(FileKind kind, String named, Throwable e) {
        if (kind.refusals().contains(e.getClass())) return message(named, String.valueOf(e.getMessage()));
        return e + " at " + Arrays.stream(e.getStackTrace()).limit(4).toList();
    }

    private static String message(String named, String m) {
        boolean oneLine = m.indexOf('\n') < 0 && m.indexOf('\r') < 0 && m.length() <= LONGEST_MESSAGE;
        boolean fine = oneLine && m.startsWith(named) && !JAVA.matcher(m).find();
        return fine ? "" : "message: " + m;
    }
}
