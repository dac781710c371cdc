package dev.gradine.export;

import dev.gradine.tensor.DType;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How the weights of a Hugging Face folder are written.
///
/// @param type of all of them that are numbers
/// @param maxShardBytes bytes of a weight file, at most; a tensor that is larger has a file of its own
/// @param requantised whether weights of codes become codes again once an adapter is in them, or numbers
public record FolderFormat(Type type, long maxShardBytes, boolean requantised) {

    /// The type of weights.
    public enum Type {
        /// Each as in the checkpoint; what was quantised, in f32.
        AUTO,
        F32,
        F16,
        BF16;

        /// By its name on the command line.
        ///
        /// @throws IllegalArgumentException if there is none
        public static Type named(String name) {
            for (Type t : values()) if (t.name().equalsIgnoreCase(name)) return t;
            throw new IllegalArgumentException("--dtype: \"%s\", expected auto, f32, f16 or bf16".formatted(name));
        }

        /// The type of a tensor.
        ///
        /// @param own what it has where nothing else is asked for
        DType of(DType own) {
            return this == AUTO ? own : DType.valueOf(name());
        }
    }

    /// The default of transformers 5: most models are one file.
    public static final String MAX_SHARD_SIZE = "50GB";

    private static final Pattern SIZE = Pattern.compile("\\s*(\\d+(?:\\.\\d+)?)\\s*([KMGT]B)\\s*");
    private static final Map<String, Integer> POWER = Map.of("KB", 3, "MB", 6, "GB", 9, "TB", 12);

    public FolderFormat {
        if (maxShardBytes < 1) {
            throw new IllegalArgumentException(
                    "max shard size is %d bytes, expected at least 1".formatted(maxShardBytes));
        }
    }

    /// Weights of codes become numbers.
    public FolderFormat(Type type, long maxShardBytes) {
        this(type, maxShardBytes, false);
    }

    /// The same, in which weights of codes become codes again.
    public FolderFormat requantising() {
        return new FolderFormat(type, maxShardBytes, true);
    }

    /// Types as in the checkpoint, files of at most 50 GB.
    public static FolderFormat defaults() {
        return new FolderFormat(Type.AUTO, bytes(MAX_SHARD_SIZE));
    }

    /// Bytes of a size such as `5GB` or `200MB`; units are powers of 1000, as huggingface_hub has them.
    ///
    /// @throws IllegalArgumentException if it is no such size
    public static long bytes(String size) {
        Matcher m = SIZE.matcher(size.toUpperCase(Locale.ROOT));
        BigDecimal bytes = BigDecimal.ZERO;
        if (m.matches()) bytes = new BigDecimal(m.group(1)).scaleByPowerOfTen(POWER.getOrDefault(m.group(2), 0));
        if (bytes.signum() == 0 || bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException(
                    "--max-shard-size: \"%s\", expected a number above 0 with KB, MB, GB or TB, such as 5GB"
                            .formatted(size));
        }
        return bytes.longValue();
    }
}
