package dev.gradine.lab.base;

import dev.gradine.align.Sft;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.CausalLm;
import dev.gradine.peft.AdapterSet;
import dev.gradine.settings.Settings;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/// Supervised training without files.
///
/// @param examples to draw from
/// @param batch examples of a step
/// @param steps how many
/// @param lr learning rate
/// @param seed of what is drawn
/// @param group tokens within which the model attends in training, as in LongLoRA; 0 for all
public record Training(List<LabelledTokens> examples, int batch, int steps, double lr, long seed, int group) {

    /// Attending to everything.
    public Training(List<LabelledTokens> examples, int batch, int steps, double lr, long seed) {
        this(examples, batch, steps, lr, seed, 0);
    }

    /// The same for other steps and another rate.
    public Training with(int otherSteps, double otherLr) {
        return new Training(examples, batch, otherSteps, otherLr, seed, group);
    }

    /// The same, attending within groups.
    public Training grouped(int tokens) {
        return new Training(examples, batch, steps, lr, seed, tokens);
    }

    /// Trains `adapted`, which holds the trained values afterwards.
    public Learning.Log of(CausalLm model, AdapterSet adapted, Kernels run) {
        return of(model, adapted, run, _ -> {});
    }

    /// The same.
    ///
    /// @param after told the number of each step, from 1, when it has been taken
    public Learning.Log of(CausalLm model, AdapterSet adapted, Kernels run, IntConsumer after) {
        return learning().of(model, adapted, run, after);
    }

    private Learning<LabelledTokens> learning() {
        Settings<Sft> sft = Settings.of(Sft.defaults());
        Sft grouped = group == 0 ? sft.defaults() : sft.read(Map.of("longlora-group", group));
        return Learning.of(grouped, examples, new Learning.Pace(batch, steps, lr, seed));
    }

    /// What is drawn for a step, counted from 0.
    public List<LabelledTokens> batch(int step) {
        return learning().batch(step);
    }
}
