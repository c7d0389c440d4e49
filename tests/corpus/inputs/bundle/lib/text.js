exports.capitalise = (word) => word.charAt(0).toUpperCase() + word.slice(1);
exports.lines = (list) => list.join("\n");
