package dev.gradine.lab.base;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.DataSet;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the program carries is whole, licensed, and what its README says it is.
class StoryFilesTest {

    @TempDir
    private Path folder = Path.of("");

    @BeforeEach
    void copy() {
        StoryFiles.copyTo(folder);
    }

    @Test
    void every_row_is_an_opening_with_an_ending() throws IOException {
        for (String name : List.of("train", "held")) {
            for (Row row :
                    DataSet.read(folder.resolve("data/" + name + ".jsonl")).rows()) {
                assertThat(row).isInstanceOf(Row.Completion.class);
                Row.Completion c = (Row.Completion) row;
                assertThat(text(c.prompt())).doesNotContain("\"").matches("\\S.*[.!?]");
                assertThat(text(c.completion())).startsWith(" ").endsWith(" The end.");
            }
        }
    }

    @Test
    void no_held_out_opening_is_trained_on() throws IOException {
        List<String> train = prompts("data/train.jsonl");
        List<String> held = prompts("data/held.jsonl");
        assertThat(new HashSet<>(train)).hasSameSizeAs(train).doesNotContainAnyElementsOf(held);
        assertThat(new HashSet<>(held)).hasSameSizeAs(held);
    }

    @Test
    void the_readme_counts_the_rows() throws IOException {
        String readme = Files.readString(folder.resolve("data/README.md"));
        for (String name : List.of("train", "held", "whole")) {
            int rows = DataSet.read(folder.resolve("data/" + name + ".jsonl")).size();
            assertThat(readme).contains("| `%s.jsonl` | %d |".formatted(name, rows));
        }
    }

    @Test
    void licences_lie_beside_model_and_data() throws IOException {
        assertThat(Files.readString(folder.resolve("model/LICENSE")))
                .startsWith("MIT License")
                .contains("Copyright (c) 2023 Andrej Karpathy");
        assertThat(Files.readString(folder.resolve("data/LICENSE")))
                .startsWith("Community Data License Agreement – Sharing – Version 1.0")
                .hasSizeGreaterThan(10_000);
    }

    @Test
    void the_data_are_what_the_rules_make_of_the_stories() throws IOException {
        Path stories = Golden.shared("assets/data/lm/tinystories_1000.json");
        for (var file : TinyStoriesCut.files(stories).entrySet()) {
            assertThat(folder.resolve("data").resolve(file.getKey())).content().isEqualTo(file.getValue());
        }
    }

    private List<String> prompts(String name) throws IOException {
        List<String> all = new ArrayList<>();
        for (Row row : DataSet.read(folder.resolve(name)).rows()) all.add(text(((Row.Completion) row).prompt()));
        return all;
    }

    private static String text(Passage p) {
        return ((Passage.Text) p).text();
    }
}
