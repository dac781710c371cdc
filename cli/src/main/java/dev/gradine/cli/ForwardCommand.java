package dev.gradine.cli;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.cli.forward.Forward;
import dev.gradine.cli.forward.NamedInputs;
import dev.gradine.cli.forward.NamedOutputs;
import dev.gradine.nn.TextModel;
import dev.gradine.peft.AdapterGradients;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `gradine forward`: a model of any kind as a function of named tensors.
@Command(
        name = "forward",
        mixinStandardHelpOptions = true,
        description = "Run a model on the named tensors of a file and write those it makes of them, under the names"
                + " that transformers has: logits, hidden states, with labels the loss, and on demand the gradient of"
                + " all that an adapter trains.")
final class ForwardCommand implements Runnable, ConfigFile.Reader {

    @Mixin
    private ModelArgs model = new ModelArgs();

    @Option(
            names = "--in",
            required = true,
            paramLabel = "FILE",
            description =
                    "A safetensors file of what the model takes, such as input_ids [B,T], attention_mask [B,T] and"
                            + " labels; what it does not take is refused.")
    private Path in = Path.of("");

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE",
            description = "The safetensors file to write; rows of padding are 0.")
    private Path out = Path.of("");

    @Option(
            names = "--grads",
            description = "Write the gradients of the loss, too: grad.NAME for each tensor that --adapter trains.")
    private boolean grads;

    @Override
    public void run() {
        NamedInputs given = new NamedInputs(in);
        if (grads && model.adapterFolders().isEmpty()) {
            throw new IllegalArgumentException(
                    "--grads needs --adapter, expected one (gradients are of what it trains)");
        }
        try (LoadedModel m = model.openAny();
                Kernels k = m.run().openStep()) {
            TextModel read = model.meant(m);
            Forward forward = Forward.of(read, m.open().checkpoint().config());
            given.requireOnly(forward.inputs(), forward.kind());
            AdapterSet adapted = model.adaptOrNone(read, m.run());
            Tape tape = grads ? Tape.recording(k) : Tape.noGrad(k);
            NamedOutputs made = forward.outputs(given, adapted, tape);
            if (grads) differentiate(made, adapted, tape);
            made.write(out);
        }
    }

    private void differentiate(NamedOutputs made, AdapterSet adapted, Tape tape) {
        if (made.loss().isEmpty()) {
            throw new IllegalArgumentException(
                    "--grads: %s has no labels, expected some (gradients are of a loss)".formatted(in));
        }
        Var loss = made.loss().getFirst();
        if (loss.requiresGrad()) tape.backward(loss);
        AdapterGradients.of(adapted, tape.kernels(), Arena.ofAuto()).forEach((name, g) -> made.put("grad." + name, g));
    }
}
