package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Mean;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// One model acts with several adapters in several threads at once; each gives the bits it gives alone.
class AtTheSameTimeTest {

    private static final int ROUNDS = 20; // so that every thread is in every layer while the others are in another

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet adapted(String targets, int seed, float dropout) {
        AdapterSet set = AdapterSet.fresh(
                model,
                Lora.of(4, 8).dropping(dropout),
                new Selection(
                        Targets.parse(targets),
                        new Targets.None(),
                        List.of(),
                        List.of(),
                        List.of("lm_head"),
                        Beside.NOTHING),
                run,
                new SplittableRandom(seed));
        TinyModel.perturb(set, run, seed);
        return set;
    }

    /// Logits of `ROUNDS` passes, each in memory of the thread that calls.
    private Callable<List<float[]>> evaluating(Adapters adapters) {
        return () -> {
            List<float[]> all = new ArrayList<>();
            try (Kernels own = CpuKernels.open()) {
                for (int i = 0; i < ROUNDS; i++) all.add(TinyModel.logits(new Policy(model, adapters), own));
            }
            return all;
        };
    }

    /// Logits and gradients of training passes with dropout, checkpointed.
    private Callable<List<float[]>> training(AdapterSet set) {
        return () -> {
            List<float[]> all = new ArrayList<>();
            try (Kernels own = CpuKernels.open()) {
                for (int i = 0; i < ROUNDS; i++) step(set, own, i, all);
            }
            return all;
        };
    }

    private void step(AdapterSet set, Kernels own, int seed, List<float[]> all) {
        for (Param p : set.params()) own.elementwise().fill(p.grad(), 0);
        try (Kernels k = own.openStep()) {
            Tape tape = Tape.recording(k);
            Pass pass = Pass.of(tape, TokenBatch.of(List.of(TinyModel.TOKENS)))
                    .with(set)
                    .training(seed)
                    .checkpointing(true);
            Var z = model.head().logits(model.hidden(pass), pass);
            all.add(k.download(z.value()));
            tape.backward(Mean.mean(z));
        }
        for (Param p : set.params()) all.add(own.download(p.grad()));
    }

    private static List<List<float[]>> together(List<Callable<List<float[]>>> works) throws Exception {
        CyclicBarrier start = new CyclicBarrier(works.size());
        List<Callable<List<float[]>>> waiting = new ArrayList<>();
        for (Callable<List<float[]>> work : works) {
            waiting.add(() -> {
                start.await();
                return work.call();
            });
        }
        List<List<float[]>> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(works.size())) {
            for (Future<List<float[]>> done : threads.invokeAll(waiting)) results.add(done.get());
        }
        return results;
    }

    private static void requireTheSameAlone(List<Callable<List<float[]>>> works) throws Exception {
        List<List<float[]>> alone = new ArrayList<>();
        for (Callable<List<float[]>> work : works) alone.add(work.call());
        List<List<float[]>> got = together(works);
        for (int w = 0; w < works.size(); w++) {
            assertThat(got.get(w)).hasSameSizeAs(alone.get(w)).isNotEmpty();
            for (int i = 0; i < got.get(w).size(); i++) {
                assertThat(got.get(w).get(i)).isEqualTo(alone.get(w).get(i));
            }
            assertThat(alone.get(w).getFirst())
                    .isNotEqualTo(alone.get((w + 1) % works.size()).getFirst());
        }
    }

    @Test
    void two_adapters_and_none() throws Exception {
        requireTheSameAlone(List.of(
                evaluating(adapted("all-linear", 100, 0)),
                evaluating(adapted("q_proj,v_proj", 500, 0)),
                evaluating(Adapters.NONE)));
    }

    @Test
    void a_policy_in_training_its_frozen_start_and_its_reference() throws Exception {
        AdapterSet policy = adapted("all-linear", 100, 0.25f);
        AdapterSet start = policy.snapshot(run);
        requireTheSameAlone(List.of(training(policy), evaluating(start), evaluating(Adapters.NONE)));
    }

    @Test
    void two_adapters_in_training() throws Exception {
        requireTheSameAlone(
                List.of(training(adapted("all-linear", 100, 0.25f)), training(adapted("q_proj,v_proj", 500, 0))));
    }
}
