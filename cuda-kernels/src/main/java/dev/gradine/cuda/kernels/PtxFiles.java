package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Kernel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The PTX files among the resources, in a jar or in a folder of classes.
public final class PtxFiles {

    private static final String SUFFIX = ".ptx";
    private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+([\\w$]+)");
    private static final Map<String, String> TEXTS = new ConcurrentHashMap<>();

    private PtxFiles() {}

    /// Stems of all files.
    public static List<String> stems() {
        try {
            Path home = Path.of(PtxFiles.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            if (Files.isDirectory(home)) return stems(home);
            try (FileSystem jar = FileSystems.newFileSystem(home)) {
                return stems(jar.getPath("/"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e); // a class path is made of paths
        }
    }

    private static List<String> stems(Path home) throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("ptx"))) {
            return files.map(f -> String.valueOf(f.getFileName()))
                    .filter(f -> f.endsWith(SUFFIX))
                    .map(f -> f.substring(0, f.length() - SUFFIX.length()))
                    .sorted()
                    .toList();
        }
    }

    /// Whether there is a file of that stem.
    public static boolean exists(String stem) {
        return PtxFiles.class.getResource("/ptx/" + stem + SUFFIX) != null;
    }

    /// Text of a file.
    ///
    /// @throws IllegalArgumentException if there is none
    public static String text(String stem) {
        return TEXTS.computeIfAbsent(stem, s -> resource(s + SUFFIX));
    }

    /// SHA-256 of the text of a file.
    public static String sha256(String stem) {
        return sha256Of(text(stem));
    }

    /// SHA-256 of a text.
    public static String sha256Of(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /// All kernels, each with the stem of its file.
    public static SortedMap<String, String> entries() {
        SortedMap<String, String> entries = new TreeMap<>();
        for (String stem : stems()) for (Kernel k : kernels(stem)) entries.put(k.entry(), stem);
        return entries;
    }

    /// The kernels for Hopper alone.
    public static List<Kernel> hopper() {
        return stems().stream()
                .filter(stem -> new Kernel(stem, "").isHopper())
                .flatMap(stem -> kernels(stem).stream())
                .toList();
    }

    private static List<Kernel> kernels(String stem) {
        return ENTRY.matcher(text(stem))
                .results()
                .map((MatchResult m) -> new Kernel(stem, m.group(1)))
                .toList();
    }

    private static String resource(String file) {
        try (InputStream in = PtxFiles.class.getResourceAsStream("/ptx/" + file)) {
            if (in == null) throw new IllegalArgumentException("kernel: no resource ptx/" + file);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
