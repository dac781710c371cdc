package dev.gradine.bench;

import dev.gradine.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The figures of a run as one line of JSON, with the machine they were measured on.
///
/// @param cpu model name of the processor
/// @param vectorBits width of the vectors we computed with
/// @param threads of both sides
/// @param peer name of whom we were compared with; empty for nobody
public record ResultFile(String cpu, int vectorBits, int threads, String peer) {

    /// Where the launcher says that results of this checkout lie.
    private static final String FOLDER = "gradine.results";

    /// The file of today and this machine in the checkout we were started from; none outside of one.
    public static List<Path> ofCheckout(ResultFile results) {
        String folder = System.getProperty(FOLDER, "");
        return folder.isEmpty() ? List.of() : List.of(Path.of(folder).resolve(results.name(Instant.now())));
    }

    /// Such as `2026-11-22-intel-r-xeon-r-processor-512-bit-2-threads.jsonl`.
    String name(Instant now) {
        String machine =
                cpu.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        return "%s-%s-%d-bit-%d-threads.jsonl"
                .formatted(LocalDate.ofInstant(now, ZoneOffset.UTC), machine, vectorBits, threads);
    }

    /// Adds a line to `file`, in one write.
    ///
    /// @param peakMb most memory the process has used
    public void append(Path file, List<Measured> rows, double peakMb) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("time", Instant.now().toString());
        json.put("cpu", cpu);
        json.put("vector_bits", vectorBits);
        json.put("threads", threads);
        json.put("java", Runtime.version().toString());
        if (!peer.isEmpty()) json.put("peer", peer);
        json.put("peak_memory_mb", peakMb);
        json.put("rows", rows.stream().map(Measured::json).toList());
        try {
            Files.writeString(file, Json.line(json) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
