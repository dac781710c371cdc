package dev.gradine.arch;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import dev.gradine.arch.Parser.Parsed;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/// Lengths, parameter counts and nesting of one file, read from its syntax tree.
///
/// A method is counted from its first annotation or modifier to its closing brace. Nesting is the number of blocks and
/// `switch` bodies around a statement inside its method or lambda; what needs no braces does not nest.
final class SizeCheck extends TreeScanner<@Nullable Void, Limits> {

    private static final Pattern CONFIGURATION = Pattern.compile(".*(Config|Options|Args|Settings)");

    private final Parsed file;
    private final List<Finding> findings = new ArrayList<>();
    private int depth;

    private SizeCheck(Parsed file) {
        this.file = file;
    }

    static List<Finding> check(Parsed file) {
        SizeCheck check = new SizeCheck(file);
        Limits limits = Limits.of(file.packageName(), file.source().isMain());
        int lines = file.source().lines().size();
        if (lines > limits.fileLines()) check.report(1, "file", lines + " lines, expected <= " + limits.fileLines());
        check.scan(file.tree(), limits);
        return check.findings;
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, Limits limits) {
        int outer = depth;
        depth = 0;
        Limits inner = isConfiguration(type) ? limits.withParameters(Limits.CONFIGURATION_PARAMETERS) : limits;
        if (type.getKind() == Tree.Kind.RECORD) {
            long components =
                    type.getMembers().stream().filter(SizeCheck::isComponent).count();
            parameters(type, type.getSimpleName().toString(), components, inner);
        }
        super.visitClass(type, inner);
        depth = outer;
        return null;
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, Limits limits) {
        String name = method.getName().toString();
        long lines = file.line(end(method)) - file.line(start(method)) + 1;
        if (lines > limits.methodLines()) {
            report(start(method), "method", name + " has " + lines + " lines, expected <= " + limits.methodLines());
        }
        parameters(method, name, method.getParameters().size(), limits);
        int outer = depth;
        depth = -1; // the method's own braces do not nest
        super.visitMethod(method, limits);
        depth = outer;
        return null;
    }

    @Override
    public @Nullable Void visitBlock(BlockTree block, Limits limits) {
        nest(block, limits);
        super.visitBlock(block, limits);
        depth--;
        return null;
    }

    @Override
    public @Nullable Void visitSwitch(SwitchTree node, Limits limits) {
        nest(node, limits);
        super.visitSwitch(node, limits);
        depth--;
        return null;
    }

    @Override
    public @Nullable Void visitSwitchExpression(SwitchExpressionTree node, Limits limits) {
        nest(node, limits);
        super.visitSwitchExpression(node, limits);
        depth--;
        return null;
    }

    private void nest(Tree node, Limits limits) {
        depth++;
        if (depth == limits.nesting() + 1) {
            report(start(node), "nesting", depth + " blocks deep, expected <= " + limits.nesting());
        }
    }

    private void parameters(Tree node, String name, long count, Limits limits) {
        if (count <= limits.parameters()) return;
        report(start(node), "parameters", name + " has " + count + ", expected <= " + limits.parameters());
    }

    private static boolean isConfiguration(ClassTree type) {
        boolean named = type.getKind() == Tree.Kind.RECORD
                && CONFIGURATION.matcher(type.getSimpleName()).matches();
        return named || type.getModifiers().getAnnotations().stream().anyMatch(SizeCheck::isCommand);
    }

    private static boolean isCommand(AnnotationTree annotation) {
        String name = annotation.getAnnotationType().toString();
        return name.equals("Command") || name.endsWith(".Command");
    }

    /// The parser lists a record's components among its members; an instance field of its own a record cannot have.
    private static boolean isComponent(Tree member) {
        return member instanceof VariableTree field
                && !field.getModifiers().getFlags().contains(Modifier.STATIC);
    }

    private long start(Tree node) {
        return file.positions().getStartPosition(file.tree(), node);
    }

    private long end(Tree node) {
        return file.positions().getEndPosition(file.tree(), node);
    }

    private void report(long position, String rule, String text) {
        findings.add(new Finding(file.source().path(), file.line(position), rule, text));
    }
}
