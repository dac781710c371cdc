package dev.gradine.autograd.op;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The table of CUDA kernels, made from their files: ops do not know them, so it reads them by path.
///
/// @param root the repository
record CudaTable(Path root) {

    private static final String CONTRACTS = "tensor/src/main/java/dev/gradine/tensor/kernel/";
    private static final String CPU = "tensor/src/main/java/dev/gradine/tensor/cpu/";
    private static final String CUDA = "cuda-kernels/src/main/cuda/";
    private static final String PTX = "cuda-kernels/src/main/resources/ptx/";
    private static final String VERIFIED = "cuda-kernels/src/main/resources/gpu-verified.json";

    private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+([\\w$]+)");
    private static final Pattern LINE =
            Pattern.compile("\"(\\w+)\": \\{\"file\": \"([\\w.]+)\", \"sha256\": \"(\\w+)\","
                    + " \"card\": \"([^\"]*)\", \"driver\": \"[^\"]*\", \"date\": \"([-\\d]+)\"");
    private static final Pattern TOLD =
            Pattern.compile("_(any|coded|rows\\d)$"); // types are arguments of these kernels
    private static final String HOPPER = ".sm_90a";

    String text() {
        StringBuilder table = new StringBuilder("""

                ## Kernels of the GPU

                Each runs on the simulator too. "Last verified" is what `gradine gpu check` wrote on a machine with a
                GPU, for the kernels as they are now. Those of `sm_90a` are for Hopper alone, and chosen there only
                once they were verified.

                | contract | cpu | CUDA | types | kernels | last verified |
                |---|---|---|---|---|---|
                """);
        for (String stem : stems()) table.append(row(stem));
        return table.toString();
    }

    private List<String> stems() {
        try (Stream<Path> files = Files.list(root.resolve(CUDA))) {
            return files.map(f -> f.getFileName().toString())
                    .filter(f -> f.endsWith(".cu"))
                    .map(f -> f.substring(0, f.length() - 3))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String row(String stem) {
        String ptx = OpsPage.read(root.resolve(PTX + stem + ".ptx"));
        List<String> entries =
                ENTRY.matcher(ptx).results().map((MatchResult m) -> m.group(1)).toList();
        String contract = contract(stem.replace(HOPPER, ""));
        return "| %s | %s | [%s.cu](../%s) | %s | %d | %s |\n"
                .formatted(
                        contract.isEmpty()
                                ? "–"
                                : "[%s](../%s)".formatted(contract, CONTRACTS + contract + "Kernel.java"),
                        contract.isEmpty() ? "–" : "[cpu](../%s)".formatted(CPU + contract + "Cpu.java"),
                        stem,
                        CUDA + stem + ".cu",
                        types(entries),
                        entries.size(),
                        verified(stem, ptx, entries.size()));
    }

    /// The contract whose name is the stem's without its underscores; empty if there is none.
    private String contract(String stem) {
        String name = stem.replace("_", "");
        try (Stream<Path> files = Files.list(root.resolve(CONTRACTS))) {
            return files.map(f -> f.getFileName().toString())
                    .filter(f -> f.endsWith("Kernel.java"))
                    .map(f -> f.replace("Kernel.java", ""))
                    .filter(f -> f.toLowerCase(Locale.ROOT).equals(name))
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String types(List<String> entries) {
        TreeSet<String> types = new TreeSet<>();
        for (String e : entries) {
            boolean isTold = TOLD.matcher(e).find();
            for (String t : List.of("f32", "bf16")) if (isTold || e.contains("_" + t)) types.add(t);
        }
        return types.isEmpty() ? "f32" : String.join(", ", types);
    }

    private String verified(String stem, String ptx, int entries) {
        Path file = root.resolve(VERIFIED);
        if (!Files.exists(file)) return "never";
        String sha256 = sha256(ptx);
        TreeMap<String, Long> byGpu = LINE.matcher(OpsPage.read(file))
                .results()
                .filter(m -> m.group(2).equals(stem) && m.group(3).equals(sha256))
                .collect(Collectors.groupingBy(
                        m -> m.group(4) + ", " + m.group(5), TreeMap::new, Collectors.counting()));
        String known = byGpu.entrySet().stream()
                .map(e -> "%d of %d on %s".formatted(e.getValue(), entries, e.getKey()))
                .collect(Collectors.joining("; "));
        return known.isEmpty() ? "never" : known;
    }

    private static String sha256(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
