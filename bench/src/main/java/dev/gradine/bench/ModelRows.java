package dev.gradine.bench;

import dev.gradine.align.Dpo;
import dev.gradine.align.Sft;
import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Asked;
import dev.gradine.nn.generate.Continuation;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.Clipping;
import dev.gradine.optim.Objective;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.optim.Step;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.tensor.profile.Profile;
import dev.gradine.train.Learner;
import dev.gradine.train.PolicyObjective;
import dev.gradine.train.ReferenceLogProbs;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.function.IntConsumer;

/// Whole steps of a real model: LoRA fine-tuning at rank 16 on all linears, a DPO step, prefill and decoding.
public final class ModelRows {

    private static final int PAIRS = 2;
    private static final int WARMUP = 2; // steps

    private final CausalLm model;
    private final Kernels run;
    private Kernels device; // the same, or that seen by the profile
    private final Choice choice;
    private final Consumer<Measured> out;
    private final Profile profile = new Profile(WARMUP);
    private Consumer<String> tables = table -> {};
    private DoubleConsumer norms = norm -> {};
    private Sizes sizes = Sizes.defaults();
    private double gradNorm;
    private double predicted; // norm

    /// How much each row does, in tokens.
    ///
    /// @param prefill of a prompt
    /// @param decode of an answer
    /// @param sft of a step's sequences: how many, and how long
    /// @param dpo of each sequence of two pairs, its prompt included
    public record Sizes(int prefill, int decode, List<Batch> sft, int dpo) {

        /// What one step learns from.
        ///
        /// @param sequences of a step
        /// @param length of each
        public record Batch(int sequences, int length) {}

        /// For a model of some hundred million parameters on a CPU.
        static Sizes defaults() {
            return new Sizes(512, 64, List.of(new Batch(4, 256), new Batch(1, 1024)), 256);
        }
    }

    /// @param out told each line as it is measured
    public ModelRows(CausalLm model, Kernels run, Choice choice, Consumer<Measured> out) {
        this.model = model;
        this.run = run;
        this.device = run;
        this.choice = choice;
        this.out = out;
    }

    /// Measures as `run` does, and profiles the training steps.
    ///
    /// @param tables told after each kind of step where its time goes
    public void run(Consumer<String> tables) {
        this.tables = tables;
        device = profile.watch(run);
        run();
    }

    /// The same at other sizes.
    ///
    /// @param norms told before each row the norm of what its last run computed: for a training step
    ///     that of the gradient, else of what was predicted
    public ModelRows with(Sizes other, DoubleConsumer norms) {
        sizes = other;
        this.norms = norms;
        return this;
    }

    /// Measures prefill and decoding, then training steps.
    public void run() {
        prefill(sizes.prefill());
        decode(sizes.decode());
        generate(16, sizes.decode());
        AdapterSet adapted =
                AdapterSet.fresh(model, Lora.of(16, 32), Selection.of("all-linear"), run, new SplittableRandom(1));
        Updates updates = new Updates(adapted.trained());
        Learner learner = new Learner(new Policy(model, adapted), false);
        for (Sizes.Batch b : sizes.sft()) sft(learner, updates, b);
        dpo(learner, updates, 0);
        dpo(learner, updates, sizes.dpo() / 2);
    }

    /// The optimiser of all rows, clipping at norm 1.
    private final class Updates {
        private final Collection<Param> params;
        private final Optimizer optimizer;
        private int done;

        Updates(SequencedMap<String, Param> params) {
            this.params = params.values();
            optimizer = AdamW.defaults().over(Group.decayingMatrices(params, 0), device);
        }

        /// Takes one step and gives the norm of its gradient.
        double take() {
            double norm = Clipping.norm(params, device);
            optimizer.step(++done, 1e-5, Clipping.factor(norm, 1));
            return norm;
        }
    }

    private static int[] tokens(int n, int vocab, int seed) {
        SplittableRandom rng = new SplittableRandom(seed);
        int[] ids = new int[n];
        for (int i = 0; i < n; i++) ids[i] = rng.nextInt(vocab);
        return ids;
    }

    private LabelledTokens sequence(int n, int seed) {
        int[] ids = tokens(n, model.vocabSize(), seed);
        return new LabelledTokens(ids, ids);
    }

    private void prefill(int n) {
        String work = "prefill " + n + " tokens";
        if (!choice.wants(work)) return;
        int[] ids = tokens(n, model.vocabSize(), 7);
        Timing t = Timing.of(2, 3, choice.seconds(3), () -> {
            try (Kernels k = run.openStep()) {
                Tensor h = model.hidden(Pass.continuing(Tape.noGrad(k), ids, model.newCache(k, n)))
                        .value();
                float[] last = k.download(h.rows(n - 1, n)); // which also waits for it
                predicted = norm(last);
            }
        });
        norms.accept(predicted);
        out.accept(Measured.rate(work, "tokens/s", n, t, 0));
    }

    private void decode(int n) {
        String work = "decode " + n + " tokens, one stream";
        if (!choice.wants(work)) return;
        try (Kernels k = run.openStep()) {
            KvCache cache = model.newCache(k, 16 + 4 * n);
            Tensor token = k.empty(DType.I32, Shape.of(1));
            IntConsumer one = id -> {
                try (Kernels scratch = k.openStep()) {
                    scratch.sampling().draw(logits(scratch, id, cache), SamplingParams.GREEDY, new double[0], token);
                    scratch.downloadInts(token);
                }
            };
            for (int id : tokens(16, model.vocabSize(), 8)) one.accept(id);
            Timing t = Timing.of(1, 3, choice.seconds(1), () -> {
                cache.truncate(16);
                for (int id : tokens(n, model.vocabSize(), 9)) one.accept(id);
            });
            norms.accept(norm(k.download(logits(k, 0, cache))));
            out.accept(Measured.rate(work, "tokens/s", n, t, 0));
        }
    }

    /// Prompts of 32 tokens and `n` more for each, prompts included in the time but not in the rate.
    private void generate(int prompts, int n) {
        String work = "generate %d tokens, %d prompts of 32".formatted(n, prompts);
        if (!choice.wants(work)) return;
        List<Asked> all = new ArrayList<>();
        for (int p = 0; p < prompts; p++) {
            all.add(Asked.of(tokens(32, model.vocabSize(), 20 + p), List.of(new SplittableRandom(p))));
        }
        var request = WritingRule.of(SamplingParams.GREEDY, n, _ -> false);
        Timing t = Timing.of(1, 2, choice.seconds(3), () -> {
            List<List<Continuation>> written = new Generations(Policy.of(model), run).run(all, request);
            predicted =
                    written.stream().mapToInt(w -> w.getFirst().tokens().length).sum();
        });
        norms.accept(predicted);
        out.accept(Measured.rate(work, "tokens/s", prompts * n, t, 0));
    }

    private Tensor logits(Kernels k, int id, KvCache cache) {
        Pass pass = Pass.continuing(Tape.noGrad(k), new int[] {id}, cache);
        return model.head().logits(model.hidden(pass), pass).value();
    }

    private static double norm(float[] x) {
        double squares = 0;
        for (float v : x) squares += (double) v * v;
        return Math.sqrt(squares);
    }

    private <E> void step(String work, int tokens, Updates updates, Objective<E> objective, List<E> batch) {
        if (!choice.wants(work)) return;
        double weight = batch.stream().mapToDouble(objective::weight).sum();
        Timing t = Timing.of(WARMUP, 3, choice.seconds(8), () -> {
            profile.begin();
            try (Kernels k = device.openStep()) {
                Tape tape = Tape.recording(k);
                tape.backward(
                        objective.forward(Step.training(tape, 0), batch, weight).loss());
            }
            gradNorm = updates.take();
            profile.end();
        });
        norms.accept(gradNorm);
        out.accept(Measured.rate(work, "tokens/s", tokens, t, 0));
        tables.accept(profile.table());
        profile.clear();
    }

    private void sft(Learner learner, Updates updates, Sizes.Batch b) {
        List<LabelledTokens> all = new ArrayList<>();
        for (int i = 0; i < b.sequences(); i++) all.add(sequence(b.length(), i));
        String work = "lora sft step r16 all-linear %d×%d".formatted(b.sequences(), b.length());
        step(work, b.sequences() * b.length(), updates, PolicyObjective.of(Sft.defaults(), learner), all);
    }

    /// Two pairs. Without a prompt all tokens are answer and the two have nothing in common.
    private void dpo(Learner learner, Updates updates, int prompt) {
        List<Pair> all = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) all.add(new Pair(answer(prompt, i, 0), answer(prompt, i, 1)));
        ReferenceLogProbs off = ReferenceLogProbs.of(Policy.of(model));
        String work = prompt == 0
                ? "lora dpo step r16 all-linear %d pairs×%d".formatted(PAIRS, sizes.dpo())
                : "lora dpo step r16 %d pairs×%d, prompt %d".formatted(PAIRS, sizes.dpo(), prompt);
        var objective = new PolicyObjective<>(Dpo.defaults(), learner, off, true);
        step(work, 2 * PAIRS * sizes.dpo(), updates, objective, all);
    }

    private LabelledTokens answer(int prompt, int pair, int which) {
        int[] ids = tokens(sizes.dpo(), model.vocabSize(), 2 * pair + which);
        System.arraycopy(tokens(prompt, model.vocabSize(), 100 + pair), 0, ids, 0, prompt);
        return LabelledTokens.completion(ids, prompt);
    }
}
