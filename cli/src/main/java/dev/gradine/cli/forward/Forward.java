package dev.gradine.cli.forward;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.TextModel;
import java.util.List;
import java.util.Map;

/// A model as a function of named tensors, with the names that transformers and diffusers have for them. One class is
/// one kind of model: what it takes, and what it makes of that.
public sealed interface Forward permits WordsForward, LabelsForward {

    /// Of a model that reads texts.
    ///
    /// @param config as `config.json` has it
    static Forward of(TextModel model, Map<String, ?> config) {
        Padding padding = Padding.of(config, model);
        return switch (model) {
            case Classifier c -> new LabelsForward(c, padding);
            case CausalLm language -> new WordsForward(language, padding);
            default ->
                throw new IllegalArgumentException(
                        "forward: a %s is neither a language model nor one of labels".formatted(model.family()));
        };
    }

    /// What kind of model it is, with an article.
    String kind();

    /// Names of all tensors that it takes.
    List<String> inputs();

    /// What the model makes of tensors; a loss among it where there are labels.
    ///
    /// @param in none but `inputs()`
    /// @param adapters on the model
    /// @throws IllegalArgumentException names the tensor that is missing or unfit
    NamedOutputs outputs(NamedInputs in, Adapters adapters, Tape tape);
}
