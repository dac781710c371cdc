package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.PtxModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/// The shipped PTX of one file, or a text, with lines changed: what a mistake in the source would have left there.
public final class Planted {

    private final String stem;
    private final List<String> lines;

    private Planted(String stem, String text) {
        this.stem = stem;
        this.lines = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
    }

    /// The file of that stem as it is shipped.
    public static Planted in(String stem) {
        try (InputStream in = Simulator.class.getResourceAsStream("/ptx/" + stem + ".ptx")) {
            if (in == null) throw new IllegalArgumentException("planted: no " + stem + ".ptx");
            return new Planted(stem, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A text of its own.
    public static Planted text(String stem, String text) {
        return new Planted(stem, text);
    }

    /// Removes the `nth` instruction of `entry` (from 0) that contains `part`.
    public Planted drop(String entry, String part, int nth) {
        return change(entry, part, nth, line -> "");
    }

    /// Replaces `part` in the `nth` instruction of `entry` that contains it.
    public Planted replace(String entry, String part, int nth, String by) {
        return change(entry, part, nth, line -> line.replace(part, by));
    }

    /// Changes every instruction of `entry` that contains `part`.
    public Planted changeAll(String entry, String part, UnaryOperator<String> change) {
        int changed = 0;
        for (int i = start(entry); i < lines.size() && !lines.get(i).equals("}"); i++) {
            if (!lines.get(i).contains(part)) continue;
            lines.set(i, change.apply(lines.get(i)));
            changed++;
        }
        if (changed == 0) throw new IllegalArgumentException("planted: %s has no %s".formatted(entry, part));
        return this;
    }

    /// Changes a line; the others keep their numbers.
    public Planted change(String entry, String part, int nth, UnaryOperator<String> change) {
        int seen = 0;
        for (int i = start(entry); i < lines.size() && !lines.get(i).equals("}"); i++) {
            if (!lines.get(i).contains(part) || seen++ < nth) continue;
            lines.set(i, change.apply(lines.get(i)));
            return this;
        }
        throw new IllegalArgumentException(
                "planted: %s has %d instructions with %s, expected > %d".formatted(entry, seen, part, nth));
    }

    private int start(String entry) {
        for (int i = 0; i < lines.size(); i++) if (lines.get(i).contains(".entry " + entry + "(")) return i;
        throw new IllegalArgumentException("planted: no entry " + entry + " in " + stem + ".ptx");
    }

    /// A simulated GPU that runs this file so, and the others as they are shipped.
    public Simulator gpu() {
        return gpu(Options.defaults());
    }

    public Simulator gpu(Options options) {
        PtxModule module = PtxModule.parse(stem + ".ptx", String.join("\n", lines));
        return new Simulator(options, other -> other.equals(stem) ? module : Simulator.shipped(other));
    }
}
