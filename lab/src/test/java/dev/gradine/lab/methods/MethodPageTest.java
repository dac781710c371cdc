package dev.gradine.lab.methods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.lab.methods.MethodRow.Cost;
import dev.gradine.lab.methods.MethodRow.Learnt;
import dev.gradine.lab.page.KeptRows;
import dev.gradine.lab.page.SourcePapers;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Method;
import dev.gradine.peft.Methods;
import dev.gradine.testkit.Golden;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The page of methods has a line for each that was measured, names those that could not be, and says of every method
/// where its formula stands and whose it is.
class MethodPageTest {

    @TempDir
    private Path temp = Path.of("");

    private static final MethodRow LORA =
            new MethodRow("lora", "", new Cost(4_884_480, 638.4, 367.6, 1), new Learnt(1e-3, 1.38, 1.0426));
    private static final MethodRow VBLORA = new MethodRow(
            "vblora", "--vector-length 64", new Cost(1000, 600, 90.2, 0.754), new Learnt(1e-2, 1.38, 1.01));

    private static MethodPlan plan() {
        return new MethodPlan(10, 4, 128, 16, List.of(1e-3, 1e-2), Map.of());
    }

    private static MethodPage page() {
        return new MethodPage(
                plan(),
                List.of(LORA, VBLORA),
                List.of("alora: no tokens of an invocation"),
                new HashMap<>(Map.of("command", "./gradine lab adapters", "machine", "a machine")));
    }

    @Test
    void the_method_that_learnt_most_stands_first() {
        assertThat(page().table(134_515_008))
                .containsExactly(
                        "| method | options | trained | share | memory, MB | tokens/s | speed | rate | loss |",
                        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
                        "| vblora | `--vector-length 64` | 1,000 | 0.001 % | 600 | 90 | 0.75 | 1e-2 | 1.0100 |",
                        "| lora |  | 4,884,480 | 3.631 % | 638 | 368 | 1.00 | 1e-3 | 1.0426 |");
    }

    @Test
    void the_page_says_how_it_was_measured_and_what_was_not() {
        String text = page().text(134_515_008, new SourcePapers(Golden.repository()));
        assertThat(text)
                .contains("```\n./gradine lab adapters\n```", "* machine: a machine\n")
                .contains("rate: 10 steps of 4 rows of at most 128 tokens, 16 rows held out, rates 1e-3 and 1e-2. The")
                .contains("nats per token; the base has 1.3800.")
                .contains("Not measured:\n\n* alora: no tokens of an invocation\n");
    }

    @Test
    void every_method_has_a_line_with_its_file() {
        String text = page().text(134_515_008, new SourcePapers(Golden.repository()));
        for (Method m : Methods.all()) {
            assertThat(text)
                    .contains(
                            "| %s | [%s.java](".formatted(m.name(), m.getClass().getSimpleName()));
        }
    }

    @Test
    void a_row_comes_back_from_its_json() {
        assertThat(MethodRow.of(VBLORA.json())).isEqualTo(VBLORA);
        assertThatThrownBy(() -> MethodRow.of(Map.of("method", "lora")))
                .hasMessage("row: trained is null, expected a number");
    }

    @Test
    void rows_are_kept_in_a_file_for_the_same_plan_alone() {
        KeptRows<MethodRow> kept = new KeptRows<>(temp.resolve("rows.jsonl"), plan().text(), MethodRow::of);
        assertThat(kept.read()).isEmpty();
        kept.add(LORA);
        kept.add(VBLORA);
        assertThat(kept.read()).isEqualTo(Map.of("lora", LORA, "vblora", VBLORA));
        MethodPlan longer = new MethodPlan(20, 4, 128, 16, List.of(1e-3, 1e-2), Map.of());
        assertThatThrownBy(() -> new KeptRows<>(kept.file(), longer.text(), MethodRow::of).read())
                .hasMessageContaining("rows.jsonl: lora was measured with 10 steps of 4 rows")
                .hasMessageContaining("expected 20 steps of 4 rows");
    }

    @Test
    void options_are_those_of_their_method() {
        MethodPlan plan = new MethodPlan(
                1, 1, 8, 1, List.of(1e-3), Map.of("lora", Map.of("rank", "4"), "ia3", Map.of("rank", "4")));
        assertThat(((Lora) plan.method("lora")).rank()).isEqualTo(4);
        assertThat(plan.typed("lora")).isEqualTo("--rank 4");
        assertThatThrownBy(() -> plan.method("ia3")).hasMessageStartingWith("unknown key rank, expected one of ");
        assertThatThrownBy(() -> new MethodPlan(1, 1, 8, 1, List.of(1e-3), Map.of("lo", Map.of())))
                .hasMessageStartingWith("method: \"lo\", expected one of lora, dora");
    }
}
