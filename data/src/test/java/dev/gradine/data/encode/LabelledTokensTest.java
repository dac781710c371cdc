package dev.gradine.data.encode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/// Which tokens carry loss.
class LabelledTokensTest {

    private static final int[] IDS = {5, 6, 7, 8};

    @Test
    void a_completion_carries_loss_behind_its_prompt() {
        LabelledTokens l = LabelledTokens.completion(IDS, 2);
        assertThat(new int[] {l.label(0), l.label(1), l.label(2), l.label(3)})
                .containsExactly(LabelledTokens.IGNORED, LabelledTokens.IGNORED, 7, 8);
        assertThat(l.predicted()).isEqualTo(2);
    }

    @Test
    void the_first_token_is_never_predicted() {
        assertThat(LabelledTokens.completion(IDS, 0).predicted()).isEqualTo(3);
        assertThat(new LabelledTokens(new int[] {5}, new int[] {5}).predicted()).isZero();
    }

    @Test
    void a_prompt_longer_than_the_sequence_leaves_nothing() {
        assertThat(LabelledTokens.completion(IDS, 9).predicted()).isZero();
    }

    @Test
    void the_callers_arrays_are_not_kept() {
        int[] ids = IDS.clone();
        LabelledTokens l = new LabelledTokens(ids, ids);
        ids[1] = 9;
        l.ids()[2] = 9;
        assertThat(l.ids()).containsExactly(IDS);
        assertThat(l.label(1)).isEqualTo(6);
        assertThat(l.tokens()).isEqualTo(4);
    }

    @Test
    void refuses_another_number_of_labels() {
        assertThatThrownBy(() -> new LabelledTokens(IDS, new int[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labelled: 3 labels, expected 4 (one a token)");
    }

    @Test
    void refuses_no_token() {
        assertThatThrownBy(() -> new LabelledTokens(new int[0], new int[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labelled: no token, expected at least one");
    }

    @Test
    void wrapped_sequences_are_cut_where_the_length_says() {
        LabelledTokens a = LabelledTokens.completion(new int[] {1, 2, 3, 4}, 2);
        LabelledTokens b = LabelledTokens.completion(new int[] {5, 6, 7}, 0);
        assertThat(LabelledTokens.wrapped(List.of(a, b), 3))
                .containsExactly(
                        new LabelledTokens(new int[] {1, 2, 3}, new int[] {-100, -100, 3}),
                        new LabelledTokens(
                                new int[] {4, 5, 6}, new int[] {4, 5, 6})); // 7 alone is predicted by nothing
    }

    @Test
    void tokens_without_a_rival_fade() {
        LabelledTokens l = LabelledTokens.completion(IDS, 1).fading(1, 0.5f);
        assertThat(l.weight(0)).isEqualTo(1);
        assertThat(l.weight(1)).isEqualTo(0.5f);
        assertThat(l.fades()).isTrue();
        assertThat(l).isNotEqualTo(LabelledTokens.completion(IDS, 1));
        assertThat(LabelledTokens.completion(IDS, 1).fading(3, 0.5f).fades()).isFalse();
    }
}
