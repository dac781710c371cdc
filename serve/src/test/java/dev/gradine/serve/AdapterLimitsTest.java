package dev.gradine.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.nn.generate.Ending;
import dev.gradine.nn.generate.Writing;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.serve.AdapterRefusedException.Why;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// More adapters than may be in memory, or in a batch.
class AdapterLimitsTest {

    private static final Path BASE = Golden.golden("trl/base");
    private static final List<String> RUNS = List.of("dpo", "cpo", "bco", "alphapo");
    private static final int ANY = Integer.MAX_VALUE;

    @TempDir
    private Path temp = Path.of("");

    private static void serving(AdapterLimits adapters, Consumer<ServedModel> body) {
        try (Kernels run = CpuKernels.open();
                OpenModel open = Models.open(BASE, run)) {
            var texts = new ServedModel.Texts(open.codec(), true, _ -> false, 200);
            var base = new ServedModel.Base(open.model(), "base", BASE, texts);
            var limits = new ServedModel.Limits(100, new Room(4000, 16, 300), adapters);
            try (ServedModel served = new ServedModel(base, run, CpuKernels::open, limits, _ -> {})) {
                body.accept(served);
            }
        }
    }

    /// A folder of the user's own.
    private Path copied(String run) {
        Path to = temp.resolve(run);
        try {
            Files.createDirectories(to);
            for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
                Files.copy(Golden.golden("trl/" + run + "/end").resolve(file), to.resolve(file));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return to;
    }

    private static Acting acting(ServedModel served, String name) {
        return Objects.requireNonNull(served.acting(name), name);
    }

    private static WeakReference<Adapters> watched(ServedModel served, String name) {
        return new WeakReference<>(acting(served, name).adapters());
    }

    /// Waits until nothing holds one that was put away: the thread that writes is told of it, and lets go a little
    /// later.
    private static void awaitGone(WeakReference<Adapters> adapters) {
        Instant end = Instant.now().plusSeconds(20);
        while (adapters.get() != null) {
            assertThat(Instant.now()).as("held for longer than").isBefore(end);
            System.gc();
            Thread.onSpinWait();
        }
    }

    @Test
    void the_one_used_longest_ago_is_put_away_and_is_itself_when_it_comes_back() {
        serving(new AdapterLimits(ANY, 2, ANY), served -> {
            Map<String, String> prints = new HashMap<>();
            Map<String, WeakReference<Adapters>> all = new HashMap<>();
            for (String name : RUNS) {
                served.load(name, copied(name), false);
                prints.put(name, acting(served, name).fingerprint());
                all.put(name, watched(served, name));
            }
            assertThat(served.adaptersInMemory()).isEqualTo(2);
            assertThat(served.cards()).hasSize(5);
            write(temp.resolve("dpo").resolve("metrics.jsonl"), "{}"); // not a part of the adapter
            awaitGone(Objects.requireNonNull(all.get("dpo")));
            acting(served, "bco");
            acting(served, "dpo"); // alphapo goes
            awaitGone(Objects.requireNonNull(all.get("alphapo")));
            delete("alphapo");
            assertThat(acting(served, "bco").fingerprint()).isEqualTo(prints.get("bco"));
            assertThat(acting(served, "dpo").fingerprint()).isEqualTo(prints.get("dpo"));
            assertThat(served.adaptersInMemory()).isEqualTo(2);
            assertThatThrownBy(() -> served.acting("alphapo"))
                    .isInstanceOfSatisfying(
                            AdapterRefusedException.class,
                            e -> assertThat(e.why()).isEqualTo(Why.LOST))
                    .hasMessageStartingWith(
                            "the adapter `alphapo` was put away (--max-cpu-loras) and cannot be read" + " again: ")
                    .hasMessageEndingWith("; load it anew");
        });
    }

    @Test
    void one_that_was_used_meanwhile_stays() {
        serving(new AdapterLimits(ANY, 2, ANY), served -> {
            served.load("dpo", copied("dpo"), false);
            served.load("cpo", copied("cpo"), false);
            WeakReference<Adapters> cpo = watched(served, "cpo");
            acting(served, "dpo");
            served.load("bco", copied("bco"), false);
            awaitGone(cpo);
            for (String name : List.of("dpo", "cpo", "bco")) delete(name);
            assertThat(acting(served, "dpo").fingerprint())
                    .isNotEqualTo(acting(served, "bco").fingerprint());
            assertThatThrownBy(() -> served.acting("cpo")).hasMessageContaining("`cpo` was put away");
        });
    }

    @Test
    void one_that_is_in_use_is_not_read_again_and_one_whose_folder_changed_is_never_another() {
        Path dpo = copied("dpo");
        Path cpo = copied("cpo");
        serving(new AdapterLimits(ANY, 1, ANY), served -> {
            served.load("a", dpo, false);
            Acting held = acting(served, "a");
            served.load("b", cpo, false);
            replace(dpo, cpo);
            System.gc();
            assertThat(acting(served, "a").adapters()).isSameAs(held.adapters());
            acting(served, "b");
            assertThat(held.fingerprint()).isNotEmpty(); // held until here
        });
        serving(new AdapterLimits(ANY, 1, ANY), served -> {
            served.load("a", dpo, false);
            WeakReference<Adapters> first = watched(served, "a");
            served.load("b", cpo, false);
            replace(dpo, Golden.golden("trl/dpo/end"));
            awaitGone(first);
            assertThatThrownBy(() -> served.acting("a")).hasMessageContaining("dpo has changed since; load it anew");
            served.load("a", dpo, true);
            assertThat(acting(served, "a").fingerprint()).isNotEmpty();
            assertThatThrownBy(() -> served.blend(Map.of("a", 1.0, "b", 1.0)))
                    .hasMessage("2 adapters are to act together, expected at most 1 (--max-cpu-loras)");
        });
    }

    private static void replace(Path folder, Path by) {
        try {
            String file = "adapter_model.safetensors";
            Files.write(folder.resolve(file), Files.readAllBytes(by.resolve(file)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void delete(String run) {
        try {
            Files.delete(temp.resolve(run).resolve("adapter_config.json"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_rank_above_the_limit_is_refused() {
        serving(new AdapterLimits(ANY, ANY, 7), served -> {
            Path folder = Golden.golden("trl/dpo/end");
            assertThatThrownBy(() -> served.load("a", folder, false))
                    .hasMessage(folder.resolve("adapter_config.json")
                            + ": rank is 8, expected at most 7 (--max-lora-rank)");
        });
        serving(new AdapterLimits(ANY, ANY, 8), served -> served.load("a", Golden.golden("trl/dpo/end"), false));
    }

    @Test
    void no_more_adapters_write_at_once_than_may() {
        assertThat(mostAtOnce(ANY)).isEqualTo(4);
        assertThat(mostAtOnce(2)).isEqualTo(2);
        assertThat(mostAtOnce(1)).isEqualTo(1);
    }

    /// How many different adapters have texts that have begun and are not over, at most.
    private static int mostAtOnce(int places) {
        int requests = 20;
        Map<String, Integer> open = new HashMap<>(); // of the thread that writes
        int[] most = {0};
        CountDownLatch over = new CountDownLatch(requests);
        serving(new AdapterLimits(places, ANY, ANY), served -> {
            RUNS.forEach(name -> served.load(name, Golden.golden("trl/" + name + "/end"), false));
            for (int i = 0; i < requests; i++) {
                String name = RUNS.get(i % RUNS.size());
                var rule = WritingRule.of(SamplingParams.GREEDY, 8 + i, _ -> false);
                var draws = List.of(new SplittableRandom(1));
                int[] prompt = {1 + i, 2, 3};
                served.submit(new Writing(prompt, acting(served, name).adapters(), rule, draws, new Writing.Listener() {
                    private boolean hasBegun;

                    @Override
                    public boolean token(int draw, DrawnToken token) {
                        if (!hasBegun) open.merge(name, 1, Integer::sum);
                        hasBegun = true;
                        most[0] = Math.max(most[0], open.size());
                        return true;
                    }

                    @Override
                    public void end(int draw, Ending ending) {
                        open.computeIfPresent(name, (_, n) -> n == 1 ? null : n - 1);
                        over.countDown();
                    }
                }));
            }
            try {
                over.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        return most[0];
    }
}
