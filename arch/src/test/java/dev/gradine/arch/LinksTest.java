package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every relative link of the pages leads to a file or folder of the repository.
class LinksTest {

    private static final Pattern CODE = Pattern.compile("(?ms)^ *```.*?^ *```|(`+)(?!`).+?(?<!`)\\1(?!`)");
    private static final Pattern LINK = Pattern.compile(
            "\\]\\(<?([^)\\s>]+)>?[^)]*\\)|^\\[[^\\]]+\\]:\\s*(\\S+)|(?:src|href)=\"([^\"]+)\"", Pattern.MULTILINE);
    private static final Pattern ELSEWHERE = Pattern.compile("(?i)([a-z][a-z0-9+.-]*:|//).*");

    @Test
    void every_relative_link_leads_somewhere() {
        assertThat(deadLinks(Repository.here())).isEmpty();
    }

    @Test
    void a_dead_link_is_found_in_each_page_and_notation(@TempDir Path root) throws IOException {
        Files.createDirectories(root.resolve("docs/decisions"));
        Files.writeString(root.resolve("docs/tour.md"), "See [ops](ops.md#add) and ![plot](<plot.png> \"a plot\").");
        Files.writeString(root.resolve("docs/decisions/gc.md"), "<img src=\"../x.svg\"> and [t][1]\n\n[1]: no.md\n");
        Files.writeString(root.resolve("README.md"), "[tour](docs/tour.md) [gone](docs/gone.md)");
        Files.writeString(root.resolve("CONTRIBUTING.md"), "[up](../outside.md)");
        assertThat(deadLinks(new Repository(root)))
                .extracting(Finding::toString)
                .containsExactly(
                        "README.md:1: link: docs/gone.md: no such file",
                        "CONTRIBUTING.md:1: link: ../outside.md: no such file",
                        "docs/decisions/gc.md:1: link: ../x.svg: no such file",
                        "docs/decisions/gc.md:3: link: no.md: no such file",
                        "docs/tour.md:1: link: ops.md#add: no such file",
                        "docs/tour.md:1: link: plot.png: no such file");
    }

    @Test
    void living_links_other_hosts_anchors_and_code_pass(@TempDir Path root) throws IOException {
        Files.createDirectories(root.resolve("docs/my page"));
        Files.writeString(root.resolve("docs/ops.md"), "[up](../README.md) [/](/README.md) [p](my%20page/)");
        Files.writeString(root.resolve("README.md"), """
                [a](docs/ops.md#add) [b](https://example.org/x.md) [c](#here) [d](mailto:a@example.org)
                `x[0](i)` and ``[g](gone.md)``

                ```
                ops[1](x.md)
                ```
                """);
        assertThat(deadLinks(new Repository(root))).isEmpty();
    }

    private static List<Finding> deadLinks(Repository repository) {
        Stream<Path> front = Stream.of("README.md", "CONTRIBUTING.md")
                .map(repository.root()::resolve)
                .filter(Files::exists);
        return Stream.concat(front, repository.files(repository.root().resolve("docs"), ".md").stream())
                .flatMap(page -> deadLinks(repository, page))
                .toList();
    }

    private static Stream<Finding> deadLinks(Repository repository, Path page) {
        Source source = repository.source(page);
        // Code keeps its line breaks, so that the line numbers stay right.
        String text = CODE.matcher(source.text()).replaceAll(m -> m.group().replaceAll("[^\\n]", " "));
        return LINK.matcher(text).results().flatMap(m -> {
            String link = Stream.of(1, 2, 3)
                    .map(m::group)
                    .filter(g -> g != null)
                    .findFirst()
                    .orElseThrow();
            long line = 1
                    + text.substring(0, m.start())
                            .chars()
                            .filter(c -> c == '\n')
                            .count();
            boolean alive = ELSEWHERE.matcher(link).matches() || leadsSomewhere(repository.root(), page, link);
            return alive
                    ? Stream.empty()
                    : Stream.of(new Finding(source.path(), line, "link", link + ": no such file"));
        });
    }

    private static boolean leadsSomewhere(Path root, Path page, String link) {
        String file = URLDecoder.decode(link.replaceFirst("[#?].*", "").replace("+", "%2B"), StandardCharsets.UTF_8);
        Path target = file.startsWith("/") ? root.resolve(file.substring(1)) : page.resolveSibling(file);
        return file.isEmpty() || (target.normalize().startsWith(root) && Files.exists(target));
    }
}
