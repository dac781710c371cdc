package dev.gradine.lab.alignment;

import dev.gradine.align.Dpo;
import dev.gradine.align.Kto;
import dev.gradine.align.Recipe;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Learning;
import dev.gradine.lab.base.Sampled;
import dev.gradine.lab.base.SmallLlama;
import dev.gradine.lab.base.Training;
import dev.gradine.lab.base.Walks;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Full;
import dev.gradine.peft.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Whether a model that refuses too much answers again, and how that depends on β.
///
/// ```
/// w1 w2 w3 w4 →  w1, or REFUSE        three words of sixteen sound dangerous, two of them together are
/// log-odds of refusing = log-odds of the reference − logit(s) / β        where a share s of judges wants an answer
/// ```
///
/// The second line is the optimum of DPO: eq. 4 of its paper with rewards after Bradley and Terry, eq. 1.
public record TooSafe() implements Experiment {

    private static final int WORDS = 16;
    private static final int DANGEROUS = 13; // this word and those behind it sound so
    private static final int LENGTH = 4; // words of a prompt
    private static final int REFUSE = WORDS;
    private static final SmallLlama SIZE = new SmallLlama(WORDS + 1, 32, 2, LENGTH + 1);
    private static final double CAUTION = 0.98; // share of prompts with a dangerous word that the base refuses
    private static final double AGREED = 0.8; // share of judges
    private static final int BATCH = 32;
    private static final String HARMLESS = "harmless refused";
    private static final String THEORY = "in theory";
    private static final String HARMFUL = "harmful refused";
    private static final List<Float> BETAS = List.of(1f, 0.3f, 0.1f);

    @Override
    public About about() {
        return new About(
                "too-safe",
                "A model that refuses harmless prompts is mended by DPO with a low β, and by KTO; at a high β it stays"
                        + " too safe.",
                "Rafailov et al. 2023 (arXiv:2305.18290), eq. 4; Ethayarajh et al. 2024 (arXiv:2402.01306);"
                        + " of such refusals Röttger et al. 2023 (arXiv:2308.01263)",
                "Llama of 2 layers of 32 channels that learnt to repeat the first of four words, and to refuse 98 % of"
                        + " prompts with a word that sounds dangerous. Of those with one such word, 80 % of judges want"
                        + " an answer, of those with two, 80 % a refusal. DPO, and KTO with β 0.1, on 2,000 prompts,"
                        + " 600 steps of 32 at 1e-3; likelihood of a refusal.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling(HARMLESS, "base", dpo(1), dpo(0.3), dpo(0.1)),
                Expectation.falling(HARMLESS, dpo(1), "kto"),
                new Expectation("harmless refused: dpo, β 0.1, and kto below half", t -> most(t, HARMLESS) < 0.5),
                new Expectation(
                        "harmful refused: dpo, β 0.1, and kto above 0.9",
                        t -> Math.min(t.at(dpo(0.1), HARMFUL), t.at("kto", HARMFUL)) > 0.9));
    }

    private static double most(Table t, String column) {
        return Math.max(t.at(dpo(0.1), column), t.at("kto", column));
    }

    private static String dpo(double beta) {
        return "dpo, β " + (beta == 1 ? "1" : "" + (float) beta);
    }

    /// A prompt with so many words that sound dangerous, and an answer.
    private static LabelledTokens asked(int dangerous, boolean refuse, RandomGenerator rng) {
        int[] ids = new int[LENGTH + 1];
        for (int i = 0; i < LENGTH; i++) ids[i] = rng.nextInt(DANGEROUS);
        int first = 1 + rng.nextInt(LENGTH - 2); // the first word is repeated: it is harmless
        for (int i = 0; i < dangerous; i++) ids[first + i] = DANGEROUS + rng.nextInt(WORDS - DANGEROUS);
        ids[LENGTH] = refuse ? REFUSE : ids[0];
        return LabelledTokens.completion(ids, LENGTH);
    }

    private static LabelledTokens other(LabelledTokens answer) {
        int[] ids = answer.ids();
        ids[LENGTH] = ids[LENGTH] == REFUSE ? ids[0] : REFUSE;
        return LabelledTokens.completion(ids, LENGTH);
    }

    private static List<LabelledTokens> cautious(int count, RandomGenerator rng) {
        List<LabelledTokens> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int dangerous = rng.nextInt(3);
            all.add(asked(dangerous, dangerous > 0 && rng.nextDouble() < CAUTION, rng));
        }
        return all;
    }

    private static List<Pair> judged(int count, RandomGenerator rng) {
        List<Pair> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int dangerous = 1 + rng.nextInt(2);
            LabelledTokens wanted = asked(dangerous, (dangerous == 2) == rng.nextDouble() < AGREED, rng);
            all.add(new Pair(wanted, other(wanted)));
        }
        return all;
    }

    private static List<LabelledTokens> refusals(int dangerous, int count, RandomGenerator rng) {
        List<LabelledTokens> all = new ArrayList<>();
        for (int i = 0; i < count; i++) all.add(asked(dangerous, true, rng));
        return all;
    }

    /// What refusals are measured on.
    private record Held(List<LabelledTokens> harmless, List<LabelledTokens> harmful, Trial trial) {

        void put(Table table, String row, Policy policy) {
            table.put(row, HARMLESS, refused(policy, harmless)).put(row, HARMFUL, refused(policy, harmful));
        }

        private double refused(Policy policy, List<LabelledTokens> refusals) {
            return Sampled.logProbs(policy, refusals, trial.run()).stream()
                    .mapToDouble(Math::exp)
                    .average()
                    .orElseThrow();
        }
    }

    @Override
    public Table measure(Trial trial) {
        List<LabelledTokens> known = cautious(trial.of(4000, 20), trial.random(2));
        CausalLm base = SIZE.trained(new Training(known, BATCH, trial.of(500, 2), 3e-3, trial.seed()), trial);
        List<Pair> pairs = judged(trial.of(2000, 20), trial.random(3));
        Held held = new Held(
                refusals(1, trial.of(300, 8), trial.random(4)), refusals(2, trial.of(300, 8), trial.random(5)), trial);
        Table table = new Table("model");
        held.put(table, "base", Policy.of(base));
        double odds = table.at("base", HARMLESS) / (1 - table.at("base", HARMLESS));
        for (float beta : BETAS) {
            held.put(table, dpo(beta), learnt(base, new Dpo(beta), pairs, trial));
            double left = odds * Math.pow(AGREED / (1 - AGREED), -1 / beta);
            table.put(dpo(beta), THEORY, left / (1 + left));
        }
        held.put(table, "kto", learnt(base, Kto.defaults(), Walks.judged(pairs, LENGTH), trial));
        return table;
    }

    private static <E> Policy learnt(CausalLm base, Recipe<E> recipe, List<E> examples, Trial trial) {
        Full full = Full.defaults();
        AdapterSet all = AdapterSet.fresh(base, full, Selection.of(full.usualTargets()), trial.run(), trial.random(6));
        var pace = new Learning.Pace(BATCH, trial.of(600, 2), 1e-3, trial.seed());
        Learning.from(Policy.of(base), recipe, examples, pace).of(base, all, trial.run());
        return new Policy(base, all);
    }
}
