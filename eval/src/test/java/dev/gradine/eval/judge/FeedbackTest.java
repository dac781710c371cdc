package dev.gradine.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a judge has said becomes pairs; what would teach the judge's quirks does not.
class FeedbackTest {

    private static final Feedback USUAL = new Feedback(List.of(), 3, false, 0);

    private static JudgedPair pair(String prompt, String candidate, String baseline, String forward, String swapped) {
        return new JudgedPair(
                "7",
                prompt,
                1,
                new JudgedPair.Answers(candidate, baseline),
                new JudgeVerdict(forward, "because " + forward),
                new JudgeVerdict(swapped, "because " + swapped));
    }

    private static List<Map<String, String>> said(String role, String text) {
        return List.of(Map.of("role", role, "content", text));
    }

    @Test
    void the_better_answer_is_chosen_and_what_was_lost_comes_first() {
        Feedback.Result r =
                USUAL.of(List.of(pair("p", "mine", "theirs", "A", "B"), pair("q", "my own", "their own", "B", "A")));
        assertThat(r.rows())
                .containsExactly(
                        Map.of(
                                "prompt",
                                said("user", "q"),
                                "chosen",
                                said("assistant", "their own"),
                                "rejected",
                                said("assistant", "my own"),
                                "reason",
                                "because B",
                                "question_id",
                                "7",
                                "candidate",
                                "lost"),
                        Map.of(
                                "prompt",
                                said("user", "p"),
                                "chosen",
                                said("assistant", "mine"),
                                "rejected",
                                said("assistant", "theirs"),
                                "reason",
                                "because A",
                                "question_id",
                                "7",
                                "candidate",
                                "won"));
        assertThat(r.counts())
                .containsEntry("pairs", 2)
                .containsEntry("lost", 1)
                .containsEntry("won", 1);
    }

    @ParameterizedTest
    @CsvSource({
        "mine, theirs, '', B, verdict cannot be read",
        "mine, theirs, A, A, orders disagree",
        "mine, theirs, B, C, orders disagree",
        "mine, theirs, C, C, tie",
        "'The  same, text!', the same text, B, A, same text",
        "short, sixteen letters!, B, A, lengths differ"
    })
    void what_teaches_nothing_is_left_out_and_counted(String a, String b, String forward, String swapped, String why) {
        Feedback.Result r = USUAL.of(List.of(pair("p", a, b, forward, swapped)));
        assertThat(r.rows()).isEmpty();
        assertThat(r.counts()).containsEntry("left out: " + why, 1).containsEntry("pairs", 0);
    }

    @Test
    void lengths_may_differ_up_to_the_ratio_or_at_will() {
        List<JudgedPair> three = List.of(pair("p", "12345", "123456789012345", "B", "A"));
        assertThat(USUAL.of(three).rows()).hasSize(1);
        List<JudgedPair> more = List.of(pair("p", "12345", "1234567890123456", "B", "A"));
        assertThat(USUAL.of(more).rows()).isEmpty();
        assertThat(new Feedback(List.of(), 0, false, 0).of(more).rows()).hasSize(1);
        assertThatThrownBy(() -> new Feedback(List.of(), 0.5, false, 0))
                .hasMessage("--max-length-ratio: 0.5, expected at least 1, or 0 for any");
    }

    @Test
    void held_out_prompts_repeated_pairs_and_later_turns_never_enter() {
        JudgedPair one = pair("Why?", "mine", "theirs", "B", "A");
        JudgedPair again = pair("why", "Mine.", "Theirs.", "B", "A");
        JudgedPair later = new JudgedPair("8", "And?", 2, one.answers(), one.forward(), one.swapped());
        Feedback.Result r = USUAL.of(List.of(one, again, later));
        assertThat(r.rows()).hasSize(1);
        assertThat(r.counts()).containsEntry("left out: seen before", 1).containsEntry("left out: later turn", 1);
        assertThat(new Feedback(List.of("WHY"), 3, false, 0).of(List.of(one)).counts())
                .containsEntry("left out: held out", 1)
                .containsEntry("pairs", 0);
    }

    @Test
    void a_limit_keeps_the_worst() {
        List<JudgedPair> both = List.of(pair("p", "mine", "theirs", "A", "B"), pair("q", "mine", "theirs", "B", "A"));
        Feedback.Result r = new Feedback(List.of(), 3, false, 1).of(both);
        assertThat(r.rows()).hasSize(1).allMatch(row -> "lost".equals(row.get("candidate")));
        assertThat(r.counts()).containsEntry("left out: beyond the limit", 1).containsEntry("won", 0);
        assertThat(new Feedback(List.of(), 3, true, 0).of(both).counts()).containsEntry("left out: won", 1);
    }

    @Test
    void verdicts_survive_their_file(@TempDir Path temp) {
        List<JudgedPair> pairs = List.of(pair("p\n", "mine", "their \"own\"", "A", "B"));
        JudgedPair.write(temp, pairs);
        assertThat(JudgedPair.read(temp)).isEqualTo(pairs);
        Path none = temp.resolve("none");
        assertThatThrownBy(() -> JudgedPair.read(none))
                .hasMessage(none + ": has no verdicts.jsonl, expected a folder of eval judge with --baseline");
    }
}
