package dev.gradine.lab.objectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.Dpo;
import dev.gradine.align.Kto;
import dev.gradine.lab.objectives.ObjectiveRow.Cost;
import dev.gradine.lab.objectives.ObjectiveRow.Preference;
import dev.gradine.lab.objectives.ObjectiveRow.Speech;
import dev.gradine.lab.page.SourcePapers;
import dev.gradine.testkit.Golden;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The page of objectives has a line for each that was measured, and says of every one where its formula stands.
class ObjectivePageTest {

    private static final ObjectiveRow KTO = new ObjectiveRow(
            "kto",
            "--beta 0.3",
            new Cost(2e-4, 47.2, 930.4),
            new Preference(0.5, 0.85, 0.85, 3.456),
            new Speech(0, 41.2, 3.1234),
            new Speech(2.34, 38.7, 3.1299));

    private static ObjectivePlan plan(Map<String, Map<String, String>> with) {
        return new ObjectivePlan(40, 4, 256, 60, 2e-4, with);
    }

    private static ObjectivePage page() {
        return new ObjectivePage(
                plan(Map.of()),
                List.of(KTO),
                List.of("bco: loss is NaN"),
                new HashMap<>(Map.of("command", "./gradine lab objectives", "machine", "a machine")));
    }

    @Test
    void a_line_says_what_an_objective_took_and_gained() {
        assertThat(page().table().getLast())
                .isEqualTo("| kto | `--beta 0.3` | 2e-4 | 0.50 | 0.85 | 0.85 | 3.46 | 2.3 | 39 | 3.130 | 47 | 930 |");
        assertThat(page().table().stream()
                        .map(line -> line.split("\\|", -1).length)
                        .distinct())
                .hasSize(1);
    }

    @Test
    void the_page_says_how_it_was_measured_and_what_was_not() {
        assertThat(page().text(new SourcePapers(Golden.repository())))
                .contains("```\n./gradine lab objectives\n```", "* machine: a machine\n")
                .contains("rate: 40 steps of 4 pairs of at most 256 tokens, 60 rows held out, rate 2e-4.")
                .contains("base writes 41.", "the base has 3.123.")
                .contains("Not measured:\n\n* bco: loss is NaN\n");
    }

    @Test
    void every_objective_has_a_line_with_its_file_and_paper() {
        List<String> lines =
                page().text(new SourcePapers(Golden.repository())).lines().toList();
        for (String name : ObjectivePlan.names()) {
            String file = ObjectivePlan.formula(name).getSimpleName();
            assertThat(lines).anySatisfy(l -> assertThat(l).startsWith("| %s | [%s.java](".formatted(name, file)));
        }
        assertThat(lines.getLast()).contains("[Tpo.java]", "arXiv:2405.16681");
    }

    @Test
    void a_row_comes_back_from_its_json() {
        assertThat(ObjectiveRow.of(KTO.json())).isEqualTo(KTO);
        assertThatThrownBy(() -> ObjectiveRow.of(Map.of("objective", "kto")))
                .hasMessage("row: lr is null, expected a number");
    }

    @Test
    void options_are_those_of_their_objective_and_rate_and_steps_are_some_of_each() {
        ObjectivePlan plan = plan(Map.of("kto", Map.of("beta", "0.3", "lr", "1e-3"), "ipo", Map.of("beta", "0.5")));
        assertThat(((Kto) plan.recipe("kto")).beta()).isEqualTo(0.3f);
        assertThat(plan.rate("kto")).isEqualTo(1e-3);
        assertThat(plan.typed("kto")).isEqualTo("--beta 0.3");
        assertThat(plan.steps("kto")).isEqualTo(40);
        ObjectivePlan longer = plan(Map.of("kto", Map.of("steps", "100")));
        assertThat(longer.steps("kto")).isEqualTo(100);
        assertThat(longer.recipe("kto")).isEqualTo(Kto.defaults());
        assertThat(longer.typed("kto")).isEqualTo("--steps 100");
        Dpo ipo = (Dpo) plan.recipe("ipo");
        assertThat(ipo.beta()).isEqualTo(0.5f);
        assertThat(ipo.losses().loss()).hasToString("[ipo]");
        assertThat(plan.rate("dpo")).isEqualTo(2e-4);
    }

    @Test
    void what_an_objective_does_not_have_is_refused() {
        assertThatThrownBy(() -> plan(Map.of("dop", Map.of())))
                .hasMessageStartingWith("objective: \"dop\", expected one of sft, dpo, ipo");
        assertThatThrownBy(() -> plan(Map.of("slic", Map.of("beta", "1"))).recipe("slic"))
                .hasMessageStartingWith("unknown key beta, expected one of delta");
        assertThatThrownBy(() -> plan(Map.of("dpo", Map.of("lr", "0"))).rate("dpo"))
                .hasMessage("dpo: lr is 0, expected a number above 0");
        assertThatThrownBy(() -> plan(Map.of("dpo", Map.of("steps", "1.5"))).steps("dpo"))
                .hasMessage("dpo: steps is 1.5, expected a whole number");
    }
}
