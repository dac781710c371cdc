package dev.gradine.cli;

import dev.gradine.nn.Quantization;
import dev.gradine.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Whether the linear weights of a model become weights of four bits as it is read: shared by commands that open one.
@HelpGroup.Heading("Model")
final class QuantizeArgs {

    private static final int USUAL_BLOCK = 64;

    @Option(
            names = "--quantize",
            paramLabel = "nf4|fp4",
            description =
                    "Quantise the weights of linear layers to four bits as the model is read, as bitsandbytes does.")
    private @Nullable String type;

    @Option(names = "--double-quant", description = "Quantise the scales of blocks as well, to eight bits.")
    private boolean doubleQuant;

    @Option(
            names = "--quantize-block",
            paramLabel = "N",
            description = "Weights that share a scale: 32, 64, ... 4096 (default " + USUAL_BLOCK + ").")
    private @Nullable Integer block;

    @Option(
            names = "--quantize-modules",
            split = ",",
            paramLabel = "NAME",
            description = "Layers to quantise, such as q_proj,down_proj (default: every linear layer but the head).")
    private List<String> modules = new ArrayList<>();

    /// What was asked for: one, or none.
    ///
    /// @throws IllegalArgumentException if the type is unknown or an option has nothing to act on
    List<Quantization> chosen() {
        if (type == null) {
            if (doubleQuant || block != null || !modules.isEmpty()) {
                throw new IllegalArgumentException(
                        "--double-quant, --quantize-block and --quantize-modules need --quantize nf4 or --quantize"
                                + " fp4");
            }
            return List.of();
        }
        DType dtype = switch (type) {
            case "nf4" -> DType.NF4;
            case "fp4" -> DType.FP4;
            default -> throw new IllegalArgumentException("--quantize: " + type + ", expected nf4 or fp4");
        };
        return List.of(new Quantization(dtype, block == null ? USUAL_BLOCK : block, doubleQuant, modules));
    }

    /// What was asked for, to follow the name of a model; empty for nothing.
    String suffix() {
        return chosen().stream().map(q -> " in " + q + " " + q.modules()).collect(Collectors.joining());
    }

    /// Adds what decides the result of a run, if anything was asked for.
    void describe(Map<String, Object> m) {
        for (Quantization q : chosen()) {
            m.put("quantize", q.type().name());
            m.put("quantize-block", q.block());
            m.put("double-quant", q.doubleQuant());
            m.put("quantize-modules", q.modules());
        }
    }
}
