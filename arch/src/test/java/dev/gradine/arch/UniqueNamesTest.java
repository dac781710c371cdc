package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// On the way that a student reads, from tensor to train, no two files have one name: whoever looks for a class by its
/// name finds the one meant.
class UniqueNamesTest {

    private static final Set<String> READING_PATH = Set.of(
            "settings",
            "tensor",
            "autograd",
            "nn",
            "io",
            "data",
            "models",
            "optim",
            "peft",
            "align",
            "train",
            "export");
    private static final String APART = "/data/jinja/"; // an interpreter of its own, with an interpreter's words

    @Test
    void no_name_of_a_class_stands_twice_in_the_reading_path() {
        assertThat(twice(Repository.here().sources("main"))).isEmpty();
    }

    @Test
    void a_name_that_stands_twice_is_found() {
        Source here = new Source("nn/src/main/java/dev/gradine/nn/Linear.java", "");
        assertThat(twice(List.of(here, new Source("autograd/src/main/java/dev/gradine/autograd/op/Linear.java", ""))))
                .containsExactly("Linear.java");
        assertThat(twice(List.of(here, new Source("cuda-sim/src/main/java/dev/gradine/cuda/sim/Linear.java", ""))))
                .isEmpty();
        assertThat(twice(List.of(here, new Source("data/src/main/java/dev/gradine/data/jinja/Linear.java", ""))))
                .isEmpty();
    }

    private static List<String> twice(List<Source> sources) {
        return sources.stream()
                .filter(s ->
                        READING_PATH.contains(s.path().substring(0, s.path().indexOf('/'))))
                .filter(s -> !s.path().contains(APART) && !s.fileName().equals("package-info.java"))
                .collect(Collectors.groupingBy(Source::fileName, Collectors.counting()))
                .entrySet()
                .stream()
                .filter(e -> e.getValue() > 1)
                .map(e -> e.getKey())
                .sorted()
                .toList();
    }
}
