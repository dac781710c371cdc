package dev.gradine.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A changed file is read or refused: no other exception, no word of Java's, no more than two seconds.
class MutatedModelsTest {

    private static final int FILES = 2000;

    @TempDir
    private Path folder;

    @Test
    void whatever_a_file_says_the_answer_is_a_model_or_one_line() {
        MutatedModels models = new MutatedModels(folder);
        List<MutatedModels.Outcome> faults = LongStream.range(0, FILES)
                .mapToObj(models::run)
                .filter(o -> !o.fault().isEmpty())
                .toList();
        assertThat(faults).isEmpty();
    }
}
