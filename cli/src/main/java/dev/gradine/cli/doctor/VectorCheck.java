package dev.gradine.cli.doctor;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// How wide the vectors of the CPU kernels are.
public final class VectorCheck {

    private static final List<String> KNOWN =
            List.of("avx512f", "avx512_bf16", "amx_tile", "avx2", "fma", "avx", "sve2", "sve", "asimd", "neon");

    private VectorCheck() {}

    /// The width, against what the processor has.
    ///
    /// @param bits of a vector, as the JVM prefers it
    public static Finding of(SystemFiles files, int bits) {
        Set<String> flags = flags(files);
        List<String> isa = new ArrayList<>();
        for (String k : KNOWN) if (flags.contains(k)) isa.add(k);
        String text = "%d bits, %d values of f32 at once; the processor has %s"
                .formatted(bits, bits / Float.SIZE, isa.isEmpty() ? "told nothing" : String.join(" ", isa));
        if (flags.contains("avx512f") && bits < 512) {
            return Finding.hinders(
                    "vectors", text, "the JVM uses half of avx512: GRADINE_JAVA_OPTS=-XX:UseAVX=3 may be faster");
        }
        if (flags.contains("avx2") && bits < 256) {
            return Finding.hinders("vectors", text, "the JVM uses half of avx2: leave out -XX:UseAVX and the like");
        }
        if (!isa.isEmpty() && bits < 256 && isa.stream().noneMatch(VectorCheck::isArm)) {
            return Finding.hinders("vectors", text, "a processor without avx2 is several times slower: use another");
        }
        return Finding.fine("vectors", text);
    }

    private static boolean isArm(String isa) {
        return List.of("sve2", "sve", "asimd", "neon").contains(isa);
    }

    private static Set<String> flags(SystemFiles files) {
        var cpuinfo = files.proc().resolve("cpuinfo");
        String text = SystemFiles.value(cpuinfo, "flags")
                .or(() -> SystemFiles.value(cpuinfo, "Features"))
                .orElse("");
        return new HashSet<>(List.of(text.toLowerCase(Locale.ROOT).strip().split("\\s+", -1)));
    }
}
