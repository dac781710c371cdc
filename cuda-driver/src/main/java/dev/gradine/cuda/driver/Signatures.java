package dev.gradine.cuda.driver;

import dev.gradine.gpu.TensorMap;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the kernels of a PTX text take, so that a wrong argument is an error before the driver reads
/// bytes that are not there. Only heads of kernels are read: a file may hold instructions that nothing
/// here knows.
final class Signatures {

    private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+([\\w$]+)\\s*(?:\\(([^)]*)\\))?");
    private static final Pattern PARAMETER =
            Pattern.compile("\\.param\\s+(?:\\.align\\s+\\d+\\s+)?\\.(\\w+)(?:\\s+\\.\\w+)*\\s+[\\w$]+(\\[\\d+])?");

    private final String file;
    private final Map<String, List<String>> types = new TreeMap<>();

    /// @param file name for messages
    Signatures(String file, String ptx) {
        this.file = file;
        Matcher entry = ENTRY.matcher(ptx);
        while (entry.find()) {
            List<String> parameters = new ArrayList<>();
            if (entry.group(2) != null) {
                Matcher p = PARAMETER.matcher(entry.group(2));
                while (p.find()) parameters.add(p.group(1) + (p.group(2) == null ? "" : p.group(2)));
            }
            types.put(entry.group(1), parameters);
        }
    }

    /// Fails unless `arguments` fit the kernel.
    ///
    /// @throws IllegalArgumentException names the kernel and the argument
    void require(String entry, Object... arguments) {
        List<String> expected = types.get(entry);
        if (expected == null) {
            throw new IllegalArgumentException(
                    "%s: kernel is %s, expected one of %s".formatted(file, entry, String.join(", ", types.keySet())));
        }
        if (arguments.length != expected.size()) {
            throw new IllegalArgumentException(
                    "%s: %d arguments, expected %d".formatted(entry, arguments.length, expected.size()));
        }
        for (int i = 0; i < arguments.length; i++) {
            String type = expected.get(i);
            if (!fits(arguments[i], type)) {
                throw new IllegalArgumentException("%s: argument %d is %s, expected one for .%s"
                        .formatted(entry, i + 1, arguments[i].getClass().getSimpleName(), type));
            }
        }
    }

    private static boolean fits(Object argument, String type) {
        return switch (argument) {
            case Tensor _, Long _ -> type.equals("u64") || type.equals("b64") || type.equals("s64");
            case Integer _ -> type.equals("u32") || type.equals("b32") || type.equals("s32");
            case Float _ -> type.equals("f32");
            case TensorMap _ -> type.equals("b8[" + TensorMap.BYTES + "]");
            default -> false;
        };
    }
}
