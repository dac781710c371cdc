package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Every main package says in one paragraph what belongs there, and is null-marked.
class PackageInfoTest {

    private static final int SHORTEST_PARAGRAPH = 60;
    private static final String FOLDER = "nn/src/main/java/dev/gradine/nn";
    private static final String DOC =
            "/// Layers and model families, each a record over its weights. Devices do not belong here.\n";
    private static final String REST =
            "@NullMarked\npackage dev.gradine.nn;\nimport org.jspecify.annotations.NullMarked;\n";

    @Test
    void every_main_package_is_described_and_null_marked() {
        assertThat(check(Repository.here().sources("main"))).isEmpty();
    }

    @Test
    void a_complete_package_passes() {
        assertThat(check(List.of(info(DOC + REST), classFile()))).isEmpty();
    }

    @Test
    void a_package_without_package_info_is_found() {
        assertThat(check(List.of(classFile()))).extracting(Finding::text).containsExactly("no package-info.java");
    }

    @Test
    void a_package_without_null_marked_is_found() {
        assertThat(check(List.of(info(DOC + "package dev.gradine.nn;\n"))))
                .extracting(Finding::text)
                .containsExactly("no @NullMarked");
    }

    @Test
    void a_package_without_paragraph_is_found() {
        assertThat(check(List.of(info(REST), classFile())))
                .extracting(Finding::text)
                .containsExactly("no paragraph in front that says what belongs here");
        assertThat(check(List.of(info("/// The layers.\n" + REST)))).hasSize(1);
        assertThat(check(List.of(info(REST + DOC)))).hasSize(1);
    }

    @Test
    void a_second_paragraph_is_found() {
        assertThat(check(List.of(info(DOC + "///\n" + DOC + REST))))
                .extracting(Finding::text)
                .containsExactly("more than one paragraph");
    }

    private static List<Finding> check(List<Source> sources) {
        List<Finding> findings = new ArrayList<>();
        sources.stream()
                .collect(Collectors.groupingBy(Source::folder))
                .forEach((folder, files) -> files.stream()
                        .filter(f -> f.fileName().equals("package-info.java"))
                        .findFirst()
                        .ifPresentOrElse(
                                info -> describe(info, findings),
                                () -> findings.add(new Finding(folder, 1, "package", "no package-info.java"))));
        findings.sort(Comparator.comparing(Finding::toString));
        return findings;
    }

    private static void describe(Source info, List<Finding> findings) {
        if (!info.text().contains("@NullMarked"))
            findings.add(new Finding(info.path(), 1, "package", "no @NullMarked"));
        List<String> doc = info.lines().stream()
                .takeWhile(line -> line.startsWith("///"))
                .map(line -> line.substring(3).strip())
                .toList();
        if (String.join(" ", doc).length() < SHORTEST_PARAGRAPH) {
            String text = "no paragraph in front that says what belongs here";
            findings.add(new Finding(info.path(), 1, "package", text));
        }
        if (doc.contains("")) findings.add(new Finding(info.path(), 1, "package", "more than one paragraph"));
    }

    private static Source info(String text) {
        return new Source(FOLDER + "/package-info.java", text);
    }

    private static Source classFile() {
        return new Source(FOLDER + "/Linear.java", "package dev.gradine.nn; record Linear() {}");
    }
}
