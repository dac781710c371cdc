package dev.gradine.cli;

import dev.gradine.nn.Quantization;
import dev.gradine.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Whether the linear weights of a model become weights of four or eight bits as it is read: shared by commands that
/// open one.
@HelpGroup.Heading("Model")
final class QuantizeArgs {

    private static final int USUAL_BLOCK = 64;

    @Option(
            names = "--quantize",
            paramLabel = "TYPE",
            description =
                    "Quantise the weights of linear layers as the model is read, as bitsandbytes does: nf4 or fp4, of"
                            + " four bits; int8, of eight with a scale a row (activations stay f32, so there are no"
                            + " outliers to part); or none (default none).")
    private @Nullable String type;

    @Option(
            names = "--double-quant",
            description = "Quantise the scales of weights of four bits as well, to eight bits.")
    private boolean doubleQuant;

    @Option(
            names = "--quantize-block",
            paramLabel = "N",
            description = "Weights of four bits that share a scale: 32, 64, ... 4096 (default " + USUAL_BLOCK + ").")
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
        return switch (type == null ? "none" : type) {
            case "nf4" -> List.of(fourBit(DType.NF4));
            case "fp4" -> List.of(fourBit(DType.FP4));
            case "int8" -> {
                requireUnused("--quantize nf4 or fp4 (int8 has one scale a row)", false);
                yield List.of(Quantization.int8(modules));
            }
            case "none" -> {
                requireUnused("--quantize nf4 or fp4", true);
                yield List.of();
            }
            default -> throw new IllegalArgumentException("--quantize: " + type + ", expected nf4, fp4, int8 or none");
        };
    }

    private Quantization fourBit(DType dtype) {
        return new Quantization(dtype, block == null ? USUAL_BLOCK : block, doubleQuant, modules);
    }

    /// @param everything whether there are no layers to choose either
    private void requireUnused(String needed, boolean everything) {
        if (doubleQuant) throw new IllegalArgumentException("--double-quant needs " + needed);
        if (block != null) throw new IllegalArgumentException("--quantize-block needs " + needed);
        if (everything && !modules.isEmpty()) {
            throw new IllegalArgumentException("--quantize-modules needs --quantize nf4, fp4 or int8");
        }
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
