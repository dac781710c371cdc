package dev.gradine.cli;

import dev.gradine.cli.plan.PlanRequest.Tuning;
import dev.gradine.nn.Quantization;
import dev.gradine.optim.Optimizer;
import dev.gradine.peft.Dora;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Method;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// What a plan trains: the options of training commands, and `qlora` and `qdora`, which are a method over weights in
/// NF4 with double quantisation.
@Command // for picocli, which takes no other class whose options are added by hand
final class PlanArgs {

    private static final List<String> OVER_NF4 = List.of("qlora", "qdora");

    private final RecordOptions<AdapterSettings> where = new RecordOptions<>("Adapter", AdapterSettings.defaults());
    private final ChoiceOptions how;
    private final ChoiceOptions optimizer;

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    PlanArgs() {
        SequencedMap<String, Record> methods = AdapterArgs.methods();
        methods.put("qlora", Lora.defaults());
        methods.put("qdora", Dora.defaults());
        how = new ChoiceOptions("Adapter", "adapter", "Method", methods);
        optimizer = TrainOptions.optimizers(List.of());
    }

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void addOptions(CommandSpec command) {
        where.addTo(command);
        how.addTo(command);
        optimizer.addTo(command);
    }

    /// What was typed.
    ///
    /// @throws IllegalArgumentException if an option is out of range or has nothing to act on
    Tuning tuning() {
        AdapterSettings settings = where.read();
        if (settings.initAdapter() != null) {
            throw new IllegalArgumentException("--init-adapter: a plan is of a fresh adapter, expected none");
        }
        Method method = (Method) how.read();
        List<Quantization> chosen = quantize.chosen();
        boolean overNf4 = OVER_NF4.contains(how.name());
        if (overNf4 && chosen.isEmpty()) chosen = List.of(new Quantization(DType.NF4, 64, true, List.of()));
        return new Tuning(method, settings.selection(method.usualTargets()), chosen, stateBytes());
    }

    /// Bytes that the optimiser keeps for each value of a matrix.
    private double stateBytes() {
        Shape matrix = Shape.of(1024, 1024);
        return (double) ((Optimizer.Settings) optimizer.read()).stateBytes("p", matrix) / matrix.size();
    }
}
