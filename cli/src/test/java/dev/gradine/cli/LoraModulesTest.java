package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `--lora-modules` takes: names with folders, and the JSON that vLLM takes.
class LoraModulesTest {

    private static SequencedMap<String, Path> read(String... texts) {
        return LoraModules.folders(List.of(texts), "base");
    }

    @Test
    void plain_ones_objects_and_lists_stand_beside_each_other_in_their_order() {
        assertThat(read(
                        "a=runs/a",
                        "{\"name\": \"b\", \"path\": \"runs/b=1\"}",
                        " [{\"path\": \"c\", \"name\": \"c-1\", \"base_model_name\": \"base\"},"
                                + " {\"name\": \"d\", \"path\": \"/d\", \"base_model_name\": null}]"))
                .containsExactly(
                        Map.entry("a", Path.of("runs/a")),
                        Map.entry("b", Path.of("runs/b=1")),
                        Map.entry("c-1", Path.of("c")),
                        Map.entry("d", Path.of("/d")));
        assertThat(read("[]")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"name\":\"a\",\"path\":\"d\",\"base_model_name\":\"other\"}"
                        + "|base_model_name of a is \"other\", expected \"base\", the model that is served",
                "{\"name\":\"a\",\"path\":\"d\",\"base_model_name\":7}"
                        + "|base_model_name of a is 7, expected \"base\", the model that is served",
                "{\"name\":\"a\",\"path\":\"d\",\"rank\":8}"
                        + "|unknown key \"rank\", expected one of [name, path, base_model_name]",
                "{\"path\":\"d\"}|name is null, expected a text",
                "{\"name\":\"a\",\"path\":\"\"}|path is \"\", expected a text",
                "{\"name\":\"a b\",\"path\":\"d\"}"
                        + "|\"a b=d\", expected NAME=DIR, its name of letters, digits and _.-",
                "[[]]|[], expected an object with name and path",
                "{\"name\":\"a\",\"name\":\"b\"}|line 1, column 19: Duplicate Object property \"name\"",
                "{\"name\":\"a\"|line 1, column 12: Unexpected end-of-input: expected close marker for Object",
            })
    void what_is_wrong_is_named(String json, String message) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--lora-modules: " + message);
    }

    @Test
    void a_name_is_given_once() {
        assertThatThrownBy(() -> read("a=x", "{\"name\":\"a\",\"path\":\"y\"}"))
                .hasMessage("--lora-modules: two are called a, expected one");
    }
}
