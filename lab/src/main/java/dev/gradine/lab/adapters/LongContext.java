package dev.gradine.lab.adapters;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Score;
import dev.gradine.lab.base.Stories;
import dev.gradine.lab.base.Training;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Beside;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.peft.Targets;
import java.util.Arrays;
import java.util.List;

/// The story model at twice the length it was trained on, before and after fine-tuning there: with attention to all
/// tokens or within shifted groups, and with embeddings and norms trained or not.
public record LongContext() implements Experiment {

    private static final int TRAINED = 512; // tokens
    private static final String WITHIN = "loss within 512";
    private static final String PAST = "loss past 512";
    private static final List<String> SAVED = List.of("embed_tokens", "norm");

    @Override
    public About about() {
        return new About(
                "longlora",
                "Past the trained length LoRA alone lags; trained with embeddings and norms it follows, and attention"
                        + " within shifted groups in training costs little.",
                "Chen et al. 2024, LongLoRA (arXiv:2309.12307), sections 3.2 and 3.3, table 2",
                "Story model, trained on 512 tokens, on stories one behind the other in pieces of 1,024; LoRA of rank 8"
                        + " with alpha 16 on all linear layers, 40 steps of 2 pieces at 1e-3, in groups of 256 or not;"
                        + " loss on other stories, of the first 512 tokens and of those behind.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling(PAST, "base", "lora, groups, embedding, norms"),
                Expectation.falling(PAST, "lora, groups", "lora, groups, embedding, norms"),
                Expectation.near("loss past 512 that groups cost", 0, 0.05, LongContext::cost));
    }

    private static double cost(Table t) {
        return t.at("lora, groups, embedding, norms", PAST) - t.at("lora, embedding, norms", PAST);
    }

    @Override
    public Table measure(Trial trial) {
        Table table = new Table("trained");
        int tokens = trial.of(2 * TRAINED, 48);
        try (Stories stories = Stories.open(trial)) {
            CausalLm model = stories.longer(2 * TRAINED);
            List<LabelledTokens> pieces = Stories.pieces(stories.endings(), tokens).stream()
                    .map(ids -> new LabelledTokens(ids, ids))
                    .toList();
            List<int[]> held = Stories.pieces(stories.otherEndings(), tokens);
            score("base", Policy.of(model), held, table, trial);
            for (List<String> saved : List.of(List.<String>of(), SAVED)) {
                for (int group : List.of(0, tokens / 4)) {
                    AdapterSet adapted =
                            AdapterSet.fresh(model, Lora.of(8, 16), where(saved), trial.run(), trial.random(1));
                    new Training(pieces, 2, trial.of(40, 2), 1e-3, trial.seed())
                            .grouped(group)
                            .of(model, adapted, trial.run());
                    String name =
                            "lora" + (group > 0 ? ", groups" : "") + (saved.isEmpty() ? "" : ", embedding, norms");
                    score(name, new Policy(model, adapted), held, table, trial);
                }
            }
        }
        return table;
    }

    private static Selection where(List<String> saved) {
        return new Selection(
                new Targets.AllLinear("lm_head"), new Targets.None(), List.of(), List.of(), saved, Beside.NOTHING);
    }

    private static void score(String name, Policy policy, List<int[]> held, Table table, Trial trial) {
        List<LabelledTokens> first = held.stream().map(LongContext::firstHalf).toList();
        List<LabelledTokens> second = held.stream()
                .map(ids -> LabelledTokens.completion(ids, ids.length / 2))
                .toList();
        table.put(name, WITHIN, Score.of(policy, first, 4, trial.run()).loss());
        table.put(name, PAST, Score.of(policy, second, 4, trial.run()).loss());
    }

    private static LabelledTokens firstHalf(int[] ids) {
        int[] half = Arrays.copyOf(ids, ids.length / 2);
        return new LabelledTokens(half, half);
    }
}
