"""First names for the people in tasks."""

NAMES = (
    *("Alma", "Boris", "Carla", "David", "Elena", "Felix", "Greta", "Henry", "Irene", "Jonas", "Karin", "Louis"),
    *("Maria", "Nils", "Olga", "Peter", "Rosa", "Simon", "Tanja", "Victor", "Wanda", "Yusuf", "Zoe", "Oscar"),
)
