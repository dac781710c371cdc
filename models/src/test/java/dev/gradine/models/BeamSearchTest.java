package dev.gradine.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.io.Json;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.BeamRule;
import dev.gradine.nn.generate.BeamRule.Patience;
import dev.gradine.nn.generate.BeamSearch;
import dev.gradine.nn.generate.BeamSearch.Found;
import dev.gradine.nn.generate.LogitChanges;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Golden;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BeamSearchTest {

    private static final double ROUNDING = 3e-4; // of sums of log-probabilities in f32

    record Cases(List<Case> cases) {}

    record Case(String model, List<Integer> prompt, Rule rule, Expected found) {}

    record Expected(List<List<Integer>> sequences, List<Double> scores) {}

    record Rule(
            int beams,
            double lengthPenalty,
            String earlyStopping,
            float repetitionPenalty,
            List<Integer> ends,
            int longest) {

        BeamRule beamRule() {
            return new BeamRule(
                    beams,
                    lengthPenalty,
                    switch (earlyStopping) {
                        case "true" -> Patience.FULL;
                        case "false" -> Patience.PRESENT_LENGTH;
                        default -> Patience.ANY_LENGTH;
                    });
        }

        WritingRule writing() {
            var changes = new LogitChanges(Map.of(), repetitionPenalty, 0, 0, 0);
            return new WritingRule(SamplingParams.GREEDY, changes, longest, ends::contains, WritingRule.Reports.IDS);
        }
    }

    static Stream<Case> cases() {
        return Json.read(Golden.golden("generate/beams.json"), Cases.class).cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void finds_what_transformers_finds(Case c) {
        try (Kernels run = CpuKernels.open();
                OpenModel open = Models.open(Golden.golden(c.model), run)) {
            var search = new BeamSearch(Policy.of(open.model()), run);
            List<Found> found = search.search(ids(c.prompt), c.rule.writing(), c.rule.beamRule(), _ -> false);
            assertThat(found.stream().map(f -> list(f.continuation().whole())).toList())
                    .isEqualTo(c.found.sequences);
            for (int i = 0; i < found.size(); i++) {
                double size = Math.pow(c.found.sequences.get(i).size(), 1 - c.rule.lengthPenalty);
                assertThat(found.get(i).score()).isCloseTo(c.found.scores.get(i), within(ROUNDING * Math.max(1, size)));
            }
        }
    }

    @Test
    void the_cases_are_told_apart_by_when_they_end() {
        assertThat(cases().map(c -> c.rule.earlyStopping).distinct()).hasSize(3);
        assertThat(cases().filter(c -> c.found.sequences.stream().anyMatch(s -> s.size() < c.rule.longest)))
                .hasSizeGreaterThan(5);
    }

    @Test
    void a_text_that_is_stopped_is_complete() {
        Case c = cases().findFirst().orElseThrow();
        try (Kernels run = CpuKernels.open();
                OpenModel open = Models.open(Golden.golden(c.model), run)) {
            var search = new BeamSearch(Policy.of(open.model()), run);
            List<Found> found =
                    search.search(ids(c.prompt), c.rule.writing(), c.rule.beamRule(), ids -> ids.length == 2);
            assertThat(found)
                    .hasSize(c.rule.beams)
                    .allMatch(f -> f.continuation().whole().length == 2);
        }
    }

    @Test
    void numbers_that_make_no_sense_are_named() {
        assertThatThrownBy(() -> new BeamRule(0, 1, Patience.FULL))
                .hasMessage("beam search: 0 beams, expected at least 1");
        assertThatThrownBy(() -> new BeamRule(1, Double.NaN, Patience.FULL))
                .hasMessage("length penalty: NaN, expected a finite number");
    }

    private static int[] ids(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    private static List<Integer> list(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }
}
