package dev.gradine.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The rule sees words between quotation marks, and nothing else.
class SpeechRuleTest {

    @ParameterizedTest
    @ValueSource(strings = {"\"Hi!\" said Tom.", "He said, \"Look\nhere\".", "A \" \" and \"no\" too."})
    void words_between_quotation_marks_are_speech(String story) {
        assertThat(SpeechRule.holds(story)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Tom said hi.", "\"Hi said Tom.", "\"\"", "\" !\"", "It's Tom's ball."})
    void anything_else_is_not(String story) {
        assertThat(SpeechRule.holds(story)).isFalse();
    }
}
