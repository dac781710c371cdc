package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The module map of the README names every module and what it is built on, as the poms do.
class ModuleMapTest {

    /// One row: folder, what it holds, the modules it names as its own dependencies.
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| \\[([a-z-]+)\\]\\(\\1/?\\) \\| ([^|]+) \\| ([^|]*)\\|$");
    private static final Pattern DEPENDENCY = Pattern.compile(
            "<dependency><groupId>dev\\.gradine</groupId><artifactId>([a-z-]+)</artifactId>(<scope>test</scope>)?");
    private static final Pattern NAME = Pattern.compile("`([a-z-]+)`");

    private static final String MAP = """
            | module | holds | built on |
            |---|---|---|
            | [io](io) | files | `tensor` |
            | [peft](peft) | adapters | `nn`, `io` |
            """;

    @Test
    void the_map_is_what_the_poms_say() {
        Repository repository = Repository.here();
        SequencedMap<String, Set<String>> poms = new TreeMap<>();
        for (String module : repository.modules()) {
            Source pom = repository.source(repository.root().resolve(module).resolve("pom.xml"));
            poms.put(module, new TreeSet<>(dependencies(pom.text())));
        }
        Source readme = repository.source(repository.root().resolve("README.md"));
        assertThat(map(readme.text())).isEqualTo(poms);
    }

    @Test
    void a_module_or_arrow_that_is_missing_shows() {
        var whole = map(MAP);
        assertThat(whole).hasToString("{io=[tensor], peft=[io, nn]}");
        assertThat(map(MAP.replace("`nn`, ", ""))).isNotEqualTo(whole);
        assertThat(map(MAP.replace("| [io](io)", "| io"))).isNotEqualTo(whole);
    }

    @Test
    void tests_are_no_part_of_the_map() {
        String pom = "<dependency><groupId>dev.gradine</groupId><artifactId>%s</artifactId>%s</dependency>";
        assertThat(dependencies(pom.formatted("nn", "") + pom.formatted("testkit", "<scope>test</scope>")))
                .containsExactly("nn");
    }

    private static SequencedMap<String, Set<String>> map(String readme) {
        SequencedMap<String, Set<String>> rows = new TreeMap<>();
        ROW.matcher(readme).results().forEach((MatchResult m) -> {
            Set<String> names = new TreeSet<>();
            NAME.matcher(m.group(3)).results().forEach((MatchResult n) -> names.add(n.group(1)));
            rows.put(m.group(1), names);
        });
        return rows;
    }

    private static List<String> dependencies(String pom) {
        List<String> all = new ArrayList<>();
        DEPENDENCY.matcher(pom).results().forEach((MatchResult m) -> {
            if (m.group(2) == null) all.add(m.group(1));
        });
        return all;
    }
}
