package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.cuda.sim.ptx.Parameter;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.TensorMap;
import dev.gradine.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Arguments of a launch: the bytes a kernel reads, and the tensor maps, whose bytes are zeros here.
final class Arguments {

    private final Region bytes;
    private final Map<Integer, TensorMap> maps = new HashMap<>();

    private Arguments(int size) {
        bytes = new Region("parameters", 0, new byte[size]);
    }

    static Arguments of(Kernel kernel, Entry entry, Object... arguments) {
        List<Parameter> parameters = entry.parameters();
        if (arguments.length != parameters.size()) {
            throw new IllegalArgumentException(
                    "%s: %d arguments, expected %d".formatted(kernel, arguments.length, parameters.size()));
        }
        Arguments all = new Arguments(entry.parameterBytes());
        for (int i = 0; i < arguments.length; i++) {
            Parameter p = parameters.get(i);
            int size = bytes(kernel, arguments[i]);
            if (size != p.bytes()) {
                throw new IllegalArgumentException("%s: argument %d is %s of %d bytes, expected %d (%s)"
                        .formatted(kernel, i, arguments[i].getClass().getSimpleName(), size, p.bytes(), p));
            }
            if (arguments[i] instanceof TensorMap map) all.maps.put(p.offset(), map);
            else Memory.set(all.bytes, p.offset(), bits(arguments[i]), size);
        }
        return all;
    }

    Region bytes() {
        return bytes;
    }

    /// The tensor map that begins at that offset, null if none does.
    @Nullable
    TensorMap map(long offset) {
        return maps.get((int) offset);
    }

    private static int bytes(Kernel kernel, Object argument) {
        return switch (argument) {
            case Tensor _, Long _ -> 8;
            case Integer _, Float _ -> 4;
            case TensorMap _ -> TensorMap.BYTES;
            default ->
                throw new IllegalArgumentException(
                        "%s: argument is a %s, expected Tensor, Long, Integer, Float or TensorMap"
                                .formatted(kernel, argument.getClass().getSimpleName()));
        };
    }

    private static long bits(Object argument) {
        return switch (argument) {
            case Tensor t -> t.data().address();
            case Long v -> v;
            case Integer v -> v;
            case Float v -> Float.floatToRawIntBits(v);
            default -> throw new IllegalArgumentException(argument.toString());
        };
    }
}
