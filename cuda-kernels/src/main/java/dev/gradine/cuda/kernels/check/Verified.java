package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.PtxFiles;
import dev.gradine.gpu.Kernel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What is known about kernels on GPUs: `gpu-verified.json`, one line per kernel.
///
/// @param byEntry the last time that each kernel was right, by its name
public record Verified(SortedMap<String, Entry> byEntry) {

    /// Name of the file, and of the resource that a release carries.
    public static final String FILE = "gpu-verified.json";

    private static final Pattern LINE = Pattern.compile("\\s*\"([\\w$]+)\": \\{\"file\": \"([\\w.]+)\","
            + " \"sha256\": \"([0-9a-f]{64})\", \"card\": \"([^\"\\\\]*)\", \"driver\": \"([\\w.]*)\","
            + " \"date\": \"([-\\d]+)\", \"error\": ([-+.\\dE]+)},?");

    /// One kernel.
    ///
    /// @param file stem of its PTX file
    /// @param sha256 of the text of that file
    /// @param gpu it ran on
    /// @param driver version of CUDA that the driver spoke
    /// @param date as in `2026-01-31`
    /// @param error largest against the CPU, in units of what is allowed
    public record Entry(String file, String sha256, String gpu, String driver, String date, double error) {

        private String json() {
            return "{\"file\": \"%s\", \"sha256\": \"%s\", \"card\": \"%s\", \"driver\": \"%s\", \"date\": \"%s\","
                            .formatted(file, sha256, gpu.replaceAll("[\"\\\\]", ""), driver, date)
                    + " \"error\": " + (float) error + "}";
        }
    }

    /// Nothing yet.
    public static Verified none() {
        return new Verified(new TreeMap<>());
    }

    /// What the program carries with it.
    public static Verified shipped() {
        try (InputStream in = Verified.class.getResourceAsStream("/" + FILE)) {
            return in == null ? none() : parse(FILE, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What a file says; nothing if there is none.
    ///
    /// @throws IllegalArgumentException names the line that is no entry
    public static Verified read(Path file) {
        if (!Files.exists(file)) return none();
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Reads the text of such a file.
    ///
    /// @param what names it in messages
    /// @throws IllegalArgumentException names the line that is no such entry
    public static Verified parse(String what, String text) {
        TreeMap<String, Entry> entries = new TreeMap<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (line.isBlank() || line.strip().matches("[{}]")) continue;
            Matcher m = LINE.matcher(line);
            if (!m.matches()) {
                throw new IllegalArgumentException(what + ": line " + number + " is no entry that gpu check wrote");
            }
            double error = Float.parseFloat(m.group(7));
            entries.put(m.group(1), new Entry(m.group(2), m.group(3), m.group(4), m.group(5), m.group(6), error));
        }
        return new Verified(entries);
    }

    /// The text of the file.
    public String text() {
        StringBuilder s = new StringBuilder("{\n");
        byEntry.forEach((name, e) -> {
            boolean last = name.equals(byEntry.lastKey());
            s.append("  \"").append(name).append("\": ").append(e.json()).append(last ? "\n" : ",\n");
        });
        return s.append("}\n").toString();
    }

    /// Whether a kernel was verified on a GPU, in the form it has here.
    public boolean has(Kernel kernel, String gpu) {
        Entry e = byEntry.get(kernel.entry());
        return e != null && e.gpu().equals(gpu) && e.sha256().equals(PtxFiles.sha256(kernel.file()));
    }
}
