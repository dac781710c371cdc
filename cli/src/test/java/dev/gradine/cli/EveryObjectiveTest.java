package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gradine.align.GroupLoss;
import dev.gradine.align.Recipe;
import dev.gradine.align.ReferenceUse;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// How a step is cut, laid out and computed changes the step of no objective. Where a claim has no meaning
/// for one, it is said why, and that it does not hold.
///
/// Examples are laid out one behind the other, so there is no padding: what may be longer is the longest
/// that is allowed. What an objective makes of given log-probabilities is tried by `RecipeContract`, beside
/// its formula, and that a prompt read once for two answers teaches what it teaches read twice.
@Tag("slow")
class EveryObjectiveTest {

    /// What does not change a step.
    private enum Claim {
        /// Four micro-batches are one of four times the size.
        ACCUMULATED("--accumulate 4"),
        /// Room for longer examples than there are.
        LONGER("--max-length 120"),
        /// Examples that share a row.
        PACKED("--packing"),
        /// The simulator of a GPU computes what the CPU does.
        SIM("--device sim"),
        /// So it does with layers of two bytes a value, but for their rounding.
        BF16("--device sim --dtype bf16");

        private final String options; // as they are typed

        Claim(String options) {
            this.options = options;
        }

        /// How far a number may be from that of the plain step.
        Tolerance of(String metric) {
            return switch (this) {
                case LONGER -> new Tolerance(0, 0, "the same bits");
                case BF16 -> new Tolerance(1e-3, 0.04, "values rounded by up to 2⁻⁸, at random");
                default ->
                    metric.equals("loss")
                            ? new Tolerance(1e-5, 1e-5, "two correct fp32 losses")
                            : new Tolerance(1e-5, 1e-4, "two correct fp32 gradients");
            };
        }
    }

    private static final String TOKENS = "its cross entropy is the mean over the tokens of a micro-batch, as in TRL";

    /// Why a claim does not hold of an objective.
    private static final Map<String, String> EXCEPT = Map.of(
            "orpo ACCUMULATED", TOKENS,
            "cpo ACCUMULATED", TOKENS,
            "slic ACCUMULATED", TOKENS,
            "kto ACCUMULATED", "its anchor is the mean of the other answers of a micro-batch",
            "bco ACCUMULATED", "its anchor is a mean that moves with each micro-batch");

    @TempDir
    private Path temp = Path.of("");

    private final Map<String, Map<String, Object>> plain = new HashMap<>();

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.write(temp.resolve("teacher"), 9);
        StringBuilder answers = new StringBuilder();
        StringBuilder judged = new StringBuilder();
        StringBuilder pairs = new StringBuilder();
        StringBuilder groups = new StringBuilder();
        StringBuilder labelled = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            String good = "it is " + "so ".repeat(1 + i % 2) + i;
            String bad = "no, " + "no ".repeat(3 - i);
            answers.append("{\"prompt\": \"Say %d\", \"completion\": \"%s\"}\n".formatted(i, good));
            judged.append("{\"prompt\": \"Say %d\", \"completion\": \"%s\", \"label\": %s}\n"
                    .formatted(i, i % 2 == 0 ? good : bad, i % 2 == 0));
            pairs.append(
                    "{\"prompt\": \"Say %d\", \"chosen\": \"%s\", \"rejected\": \"%s\", \"reference\": \"it is\"}\n"
                            .formatted(i, good, bad));
            labelled.append("{\"text\": \"Say %d, %s\", \"label\": %d}\n".formatted(i, good, i % 2));
            groups.append("{\"prompt\": \"Say %d\", \"completions\": [\"%s\", \"%s\"], \"rewards\": [%d, 0.5]}\n"
                    .formatted(i, good, bad, i % 2));
        }
        TinyModel.text(temp.resolve("answers.jsonl"), answers.toString());
        TinyModel.text(temp.resolve("judged.jsonl"), judged.toString());
        TinyModel.text(temp.resolve("pairs.jsonl"), pairs.toString());
        TinyModel.text(temp.resolve("groups.jsonl"), groups.toString());
        TinyModel.text(temp.resolve("labelled.jsonl"), labelled.toString());
    }

    @TestFactory
    Stream<DynamicTest> no_way_to_compute_a_step_changes_it() {
        return Recipes.all().stream()
                .flatMap(recipe -> Stream.of(Claim.values()).map(claim -> {
                    String name = recipe.about().name();
                    String why = EXCEPT.getOrDefault(name + " " + claim, "");
                    return why.isEmpty()
                            ? dynamicTest(name + " " + claim, () -> holds(recipe, claim))
                            : dynamicTest(name + " " + claim + ": not, for " + why, () -> holdsNot(recipe, claim));
                }));
    }

    private void holds(Recipe<?> recipe, Claim claim) {
        Map<String, Object> want = plain(recipe);
        Cli run = run(recipe, claim.toString(), claim);
        Map<String, Object> got = step(run.ok(), recipe.about().name() + "-" + claim);
        for (String metric : List.of("loss", "grad_norm")) {
            claim.of(metric).check(metric, Values.number(got, metric), Values.number(want, metric));
        }
        if (claim == Claim.BF16) assertThat(got.get("grad_norm")).isNotEqualTo(want.get("grad_norm"));
    }

    private void holdsNot(Recipe<?> recipe, Claim claim) {
        Cli run = run(recipe, claim.toString(), claim);
        if (run.code() == 2) return;
        double got = Values.number(step(run.ok(), recipe.about().name() + "-" + claim), "loss");
        double want = Values.number(plain(recipe), "loss");
        assertThat(Math.abs(got - want)).isGreaterThan(1e-4 * Math.abs(want)); // ten times what may be
    }

    private Map<String, Object> plain(Recipe<?> recipe) {
        return plain.computeIfAbsent(
                recipe.about().name(), name -> step(run(recipe, "plain", null).ok(), name + "-plain"));
    }

    private Map<String, Object> step(Cli run, String out) {
        assertThat(run.code()).as(run.err()).isZero();
        return Values.metrics(temp.resolve(out)).getFirst();
    }

    private Cli run(Recipe<?> recipe, String out, @Nullable Claim claim) {
        String name = recipe.about().name();
        boolean sampled = recipe instanceof GroupLoss;
        List<Object> all = new ArrayList<>(List.of(name, "--model", temp.resolve("model")));
        all.addAll(List.of("--data", temp.resolve(data(name)), "--init-adapter", moved(name)));
        all.addAll(List.of("--steps", 1, "--samples", 0, "--no-shuffle", "--lr", 0.01));
        int batch = sampled ? 8 : 4;
        all.addAll(List.of("--out", temp.resolve(name + "-" + out)));
        all.addAll(List.of("--batch", claim == Claim.ACCUMULATED ? batch / 4 : batch));
        if (name.equals("grpo")) all.addAll(List.of("--beta", 0.1));
        if (name.equals("grpo") || name.equals("rloo")) all.addAll(List.of("--group", 2));
        if (name.equals("distill")) all.addAll(List.of("--teacher", temp.resolve("teacher"), "--on-policy", 0));
        if (recipe.reference() != ReferenceUse.NONE) all.addAll(List.of("--reference", "base"));
        if (claim != null) all.addAll(List.of(claim.options.split(" ", -1)));
        return Cli.run(all.toArray());
    }

    private static String data(String name) {
        return switch (name) {
            case "sft", "distill" -> "answers.jsonl";
            case "classify" -> "labelled.jsonl";
            case "kto", "bco" -> "judged.jsonl";
            case "grpo", "rloo", "online-dpo" -> "groups.jsonl";
            default -> "pairs.jsonl";
        };
    }

    /// An adapter that is no longer where it began, so that policy and reference differ.
    private Path moved(String name) {
        String before = name.equals("reward") || name.equals("classify") ? name : "sft";
        Path out = temp.resolve("moved-" + before);
        if (Files.exists(out)) return out;
        List<Object> all = new ArrayList<>(List.of(before, "--model", temp.resolve("model")));
        all.addAll(List.of("--data", temp.resolve(data(before)), "--out", out));
        all.addAll(List.of("--steps", 5, "--samples", 0, "--rank", 4, "--lr", 0.02));
        Cli.run(all.toArray()).ok();
        return out;
    }
}
