package dev.gradine.testkit.fuzz;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// Has files of many seeds read and judged, and prints a line for each fault and each kind.
///
/// What a library in machine code does may end the process without a word. So the name of each file stands in `now`
/// while it is read, and a file at fault stays in the folder under its name.
public final class FuzzRun {

    /// File of the folder that says which kind and seed is being read.
    public static final String NOW = "now";

    private static final int SHOWN = 20;

    private final Judge judge;
    private final Path folder;
    private final PrintStream out;
    private final Watch watch;

    /// @param folder of `now` and the files at fault
    /// @param out what is found, a line each
    public FuzzRun(Judge judge, Path folder, PrintStream out) {
        this.judge = judge;
        this.folder = folder;
        this.out = out;
        this.watch = Watch.start(out);
        out.println(Tally.HEADINGS);
    }

    /// Reads the files of the seeds `first` to `first + count − 1`.
    ///
    /// @return how many are at fault
    public int run(FileKind kind, long first, int count) throws IOException {
        Tally tally = new Tally();
        for (long seed = first; seed < first + count; seed++) {
            String name = kind.name().replace('/', '.') + "-" + seed;
            Files.writeString(folder.resolve(NOW), name);
            watch.next(name);
            Verdict v = judge.judge(kind, seed);
            tally.add(v);
            if (!v.isFault()) continue;
            Files.write(folder.resolve(name), kind.file(seed));
            if (tally.faults() <= SHOWN) out.println(name + ": " + v.fault());
        }
        out.println(tally.line(kind.name()));
        return tally.faults();
    }
}
