package dev.gradine.cuda.driver.compile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A `.cu` file with the headers it includes, directly or through others.
///
/// @param stem name without `.cu`; ends in `.sm_90a` for a variant that only Hopper takes
/// @param text of the `.cu` file
/// @param headers texts by name
public record KernelSource(String stem, String text, SortedMap<String, String> headers) {

    private static final Pattern INCLUDE = Pattern.compile("(?m)^\\s*#include\\s+\"([\\w./]+)\"");
    private static final String HOPPER = ".sm_90a";
    private static final String FIRST_LINE = "// sha256 ";

    /// Reads `stem.cu` and its headers from one folder.
    ///
    /// @throws UncheckedIOException if one is missing
    public static KernelSource read(Path folder, String stem) {
        String text = read(folder.resolve(stem + ".cu"));
        SortedMap<String, String> headers = new TreeMap<>();
        collect(folder, text, headers);
        return new KernelSource(stem, text, headers);
    }

    private static void collect(Path folder, String text, SortedMap<String, String> found) {
        Matcher include = INCLUDE.matcher(text);
        while (include.find()) {
            String name = include.group(1);
            if (found.containsKey(name)) continue;
            String header = read(folder.resolve(name));
            found.put(name, header);
            collect(folder, header, found);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Stems of all `.cu` files of a folder, in order.
    public static List<String> stems(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(".cu"))
                    .map(n -> n.substring(0, n.length() - 3))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// SHA-256 of the text followed by those of the headers in the order of their names.
    public String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(text.getBytes(StandardCharsets.UTF_8));
            headers.values().forEach(h -> digest.update(h.getBytes(StandardCharsets.UTF_8)));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /// First line of the `.ptx` made from it.
    public String firstLine() {
        return FIRST_LINE + sha256();
    }

    /// Whether it is for Hopper alone.
    public boolean isHopper() {
        return stem.endsWith(HOPPER);
    }

    /// What NVRTC compiles it for.
    String architecture() {
        return isHopper() ? "compute_90a" : "compute_80";
    }

    /// What the result is assembled for.
    List<String> targets() {
        return isHopper() ? List.of("sm_90a") : List.of("sm_80", "sm_90");
    }
}
