package dev.gradine.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cli.demo.Storyteller.Story;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A pair is one story that holds to the rule and the nearest in length that does not.
class StoryPairsTest {

    private static final Story SPEAKS = new Story("Go.", "\"Hello there\" he said.", true);
    private static final Story SHORT = new Story("Go.", "He ran.", true);
    private static final Story NEAR = new Story("Go.", "He ran all the way home.", true);

    @Test
    void the_nearest_in_length_is_the_rejected_one() {
        assertThat(StoryPairs.pairs(List.of(SHORT, SPEAKS, NEAR)))
                .containsExactly(new StoryPairs.Pair("Go.", SPEAKS.text(), NEAR.text()));
    }

    @Test
    void stories_all_of_one_kind_give_no_pair() {
        assertThat(StoryPairs.pairs(List.of(SHORT, NEAR))).isEmpty();
        assertThat(StoryPairs.pairs(List.of(SPEAKS, SPEAKS))).isEmpty();
    }

    @Test
    void a_pair_is_a_row_of_a_preference_data_set() {
        assertThat(new StoryPairs.Pair("Go.", "\"Hi\"", "no").json())
                .isEqualTo("{\"prompt\":\"Go.\",\"chosen\":\"\\\"Hi\\\"\",\"rejected\":\"no\"}");
    }
}
