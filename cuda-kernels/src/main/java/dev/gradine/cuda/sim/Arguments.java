package dev.gradine.cuda.sim;

import dev.gradine.cuda.Kernel;
import dev.gradine.cuda.ptx.Entry;
import dev.gradine.cuda.ptx.Parameter;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// Arguments of a launch as the bytes a kernel reads.
final class Arguments {

    private Arguments() {}

    static Region bytes(Kernel kernel, Entry entry, Object... arguments) {
        List<Parameter> parameters = entry.parameters();
        if (arguments.length != parameters.size()) {
            throw new IllegalArgumentException(
                    "%s: %d arguments, expected %d".formatted(kernel, arguments.length, parameters.size()));
        }
        Region block = new Region("parameters", 0, new byte[entry.parameterBytes()]);
        for (int i = 0; i < arguments.length; i++) {
            Parameter p = parameters.get(i);
            int bytes = bytes(kernel, arguments[i]);
            if (bytes != p.bytes()) {
                throw new IllegalArgumentException("%s: argument %d is %s of %d bytes, expected %d (%s)"
                        .formatted(kernel, i, arguments[i].getClass().getSimpleName(), bytes, p.bytes(), p));
            }
            Memory.set(block, p.offset(), bits(arguments[i]), bytes);
        }
        return block;
    }

    private static int bytes(Kernel kernel, Object argument) {
        return switch (argument) {
            case Tensor _, Long _ -> 8;
            case Integer _, Float _ -> 4;
            default ->
                throw new IllegalArgumentException("%s: argument is a %s, expected Tensor, Long, Integer or Float"
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
