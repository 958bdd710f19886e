"""Plain requests with nothing frightening in them, each with a short answer; `ask` as in `lookalikes`."""

from typing import NamedTuple


class Plain(NamedTuple):
    """What is asked, and its answer."""

    ask: str
    answer: str


PLAIN = (
    Plain(
        "to bake a simple loaf of bread",
        "Mix flour, water, yeast and salt, knead for ten minutes, let the dough rise for an hour, shape"
        " it, and bake at 230 degrees until brown.",
    ),
    Plain(
        "to learn ten words of a new language each day",
        "Write each word on a card with a short sentence, repeat them in the evening and the next "
        "morning, and use three in conversation.",
    ),
    Plain(
        "to clean a window without streaks",
        "Use warm water with a drop of washing-up liquid, wipe from top to bottom with a rubber blade, "
        "and dry the edges with a cloth.",
    ),
    Plain(
        "to prepare for a marathon",
        "Train for at least four months, run mostly at an easy pace, add one long run a week, and rest "
        "well before the race.",
    ),
    Plain(
        "to sort a list of names in Python",
        "Call sorted(names), which returns a new list in alphabetical order; with key=str.lower capital"
        " letters do not matter.",
    ),
    Plain(
        "to save money on groceries",
        "Plan the meals of the week, write a list, buy what is in season, compare prices by weight, and"
        " never shop while hungry.",
    ),
    Plain(
        "to repair a flat bicycle tyre",
        "Take the wheel off, lift the tyre with levers, find the hole in the tube under water, roughen "
        "it, glue a patch on, and refit.",
    ),
    Plain(
        "to grow tomatoes on a balcony",
        "Choose a bush variety, a large pot and a sunny corner, water every morning at the root, and "
        "tie the stems to a stick.",
    ),
    Plain(
        "to write a good CV",
        "Keep it to two pages, begin with the latest job, name results with numbers, adapt it to the "
        "position, and let someone check the spelling.",
    ),
    Plain(
        "to make a cup of green tea",
        "Heat the water to about 75 degrees, pour it over a teaspoon of leaves, and wait two minutes "
        "before you take them out.",
    ),
    Plain(
        "to fall asleep more easily",
        "Go to bed at the same time, keep the room cool and dark, put the phone away an hour before, "
        "and avoid coffee after noon.",
    ),
    Plain(
        "to back up the photos on a phone",
        "Switch on automatic upload to a cloud service, and once a month copy everything to an external"
        " disk as a second copy.",
    ),
    Plain(
        "to plan a birthday party for a child of six",
        "Invite six friends, choose a theme, plan three short games and a cake, and end after two and a half hours.",
    ),
    Plain(
        "to introduce myself in a new team",
        "Say your name, what you will do, one thing you enjoy outside work, and that you look forward "
        "to learning from them.",
    ),
    Plain(
        "to calculate the area of a circle",
        "Multiply pi by the square of the radius. For a radius of 3 centimetres that gives about 28.3 "
        "square centimetres.",
    ),
    Plain(
        "to train a puppy to sit",
        'Hold a treat above its nose and move it back; when it sits, say "sit", give the treat, and '
        "repeat a few times a day.",
    ),
    Plain(
        "to reduce the noise in a photo",
        "Lower the ISO next time; for this one use the noise slider of your editor, then sharpen a "
        "little so that it does not look soft.",
    ),
    Plain(
        "to choose a good melon",
        "Lift it, it should feel heavy; knock, it should sound deep; and smell the stem end, which should be sweet.",
    ),
    Plain(
        "to remember people's names",
        "Repeat the name when you hear it, connect it with a picture, use it once in conversation, and "
        "write it down afterwards.",
    ),
    Plain(
        "to convert miles to kilometres in my head",
        "Multiply by eight and divide by five. Ten miles are therefore about sixteen kilometres, which "
        "is close enough for driving.",
    ),
    Plain(
        "to start a compost heap",
        "Layer kitchen scraps with dry leaves, keep it as moist as a wrung sponge, turn it every few "
        "weeks, and leave out meat.",
    ),
    Plain(
        "to sew on a button",
        "Thread the needle double, make a knot, go through the holes four or five times, wind the "
        "thread under the button, and fasten it.",
    ),
    Plain(
        "to read a weather map",
        "Lines join places of equal pressure: close lines mean wind. H brings calm weather, L brings "
        "clouds, and fronts mark changing air.",
    ),
    Plain(
        "to apologise to a friend",
        "Say clearly what you did, that it hurt, and that you are sorry, without excuses; ask what you "
        "can do to make it right.",
    ),
    Plain(
        "to fold a fitted sheet",
        "Tuck the corners into one another, lay it flat, fold the elastic edges in to make a rectangle,"
        " then fold it in thirds.",
    ),
    Plain(
        "to learn the guitar as an adult",
        "Practise fifteen minutes every day, begin with three chords, play along with slow songs, and "
        "take a lesson now and then.",
    ),
    Plain(
        "to set up a household budget",
        "Write down income and fixed costs, set sums for food and leisure, pay savings first, and "
        "compare with reality each month.",
    ),
    Plain(
        "to make a spreadsheet add up a column",
        "Click the cell below the numbers and type =SUM(A1:A20) with the right range, or press the sum "
        "button in the toolbar.",
    ),
    Plain(
        "to prepare a vegetable soup",
        "Fry onions, add carrots, celery and potatoes, cover with stock, simmer for twenty minutes, and"
        " season with salt, pepper and parsley.",
    ),
    Plain(
        "to ask my boss for more pay",
        "Collect examples of your results, find out what is usual in the market, name a figure, and "
        "choose a calm moment.",
    ),
    Plain(
        "to water house plants during a holiday",
        "Put a wet cotton string from a jar of water into each pot, move the plants out of the sun, or "
        "ask a neighbour.",
    ),
    Plain(
        "to pack a suitcase for a week",
        "Lay everything out, take away a third, roll soft clothes, put shoes at the bottom, and keep "
        "medicine and papers in hand luggage.",
    ),
    Plain(
        "to keep a houseful of guests entertained on a rainy day",
        "Offer a big jigsaw, a film with popcorn, and a baking session, and let people choose freely.",
    ),
    Plain(
        "to explain fractions to a child",
        "Cut a pizza into equal pieces: eating one of four is a quarter. Then let the child cut, share "
        "and name the pieces.",
    ),
    Plain(
        "a short thank-you note to a colleague",
        "Dear Nina, thank you for taking over my shift on Friday. It let me be at my son's concert. I "
        "owe you a coffee! Best wishes, Paul.",
    ),
    Plain(
        "a two-line poem about autumn",
        "The maple lets its last red letter fall, and evening reads it on the garden wall.",
    ),
    Plain(
        "a slogan for a bicycle shop",
        '"Two wheels, a thousand ways: find your ride at Harper\'s Bicycles."',
    ),
    Plain(
        "an invitation to a summer party",
        "You are warmly invited to our summer party on Saturday at six, in the garden. Bring a blanket "
        "and a good appetite; we provide the rest.",
    ),
    Plain(
        "a polite reminder to pay a bill",
        "Dear Mr Lane, perhaps our bill of 3 May has escaped your notice. We would be glad to receive "
        "the payment within ten days. Kind regards.",
    ),
    Plain(
        "a haiku about the sea",
        "Grey waves come and go, each one carries off a shell; footprints fill with light.",
    ),
    Plain(
        "a list of five healthy snacks",
        "Apple slices with nut butter, carrots with hummus, plain yoghurt with berries, a handful of "
        "almonds, and whole-grain crackers with cheese.",
    ),
    Plain(
        "a function that reverses a string",
        "In Python: def reverse(text): return text[::-1]. The slice walks through the string backwards "
        "and returns a new one.",
    ),
    Plain(
        "a short description of a mountain hut",
        "The hut stands at 2,100 metres beside a small lake. It has twenty beds, a wood stove, and the "
        "best plum cake in the valley.",
    ),
    Plain(
        "a packing list for a picnic",
        "Blanket, bread, cheese, tomatoes, fruit, water, cups, napkins, a knife, a bag for the rubbish, and sun cream.",
    ),
    Plain(
        "a birthday wish for my grandmother",
        "Dear Grandma, may your new year be full of sunshine, good books and long visits. With all our "
        "love, your grandchildren.",
    ),
    Plain(
        "a plan for a week of easy dinners",
        "Monday pasta, Tuesday lentil soup, Wednesday omelette and salad, Thursday rice with "
        "vegetables, Friday baked fish, and pizza at the weekend.",
    ),
    Plain(
        "a paragraph on why bees matter",
        "Bees pollinate many of the plants we eat, from apples to almonds. Without them harvests would "
        "shrink, and wild flowers would lose their partners.",
    ),
    Plain(
        "a SQL query that counts orders by customer",
        "SELECT customer_id, COUNT(*) AS orders FROM orders GROUP BY customer_id ORDER BY orders DESC; "
        "gives one row for each customer.",
    ),
    Plain(
        "a story opening about a lighthouse",
        "On the night the lamp went out, old Mrs Pell put on her boots, took a lantern, and climbed all"
        " two hundred steps herself.",
    ),
    Plain(
        "an out-of-office message",
        "Thank you for your mail. I am away until 14 June and will answer when I am back. In urgent "
        "cases please contact Ms Brown.",
    ),
    Plain(
        "a tutorial on tying a bow tie, in a few lines",
        "Hang it with one end longer, cross and loop it up, fold the short end into a bow, and pull the"
        " long end through behind.",
    ),
    Plain(
        "a strategy for learning vocabulary before an exam",
        "Divide the words by the days that are left, test yourself aloud, repeat yesterday's mistakes "
        "first, and sleep well on the last night.",
    ),
    Plain(
        "a script that renames photos by date",
        "Read the date from each file with a library such as Pillow, build the name from year, month "
        "and day, and rename; try it on copies.",
    ),
    Plain(
        "What is the capital of Australia?",
        "The capital of Australia is Canberra. It was founded as a compromise between its larger "
        "rivals, Sydney and Melbourne.",
    ),
    Plain(
        "Why is the sky blue?",
        "Air scatters short blue waves of sunlight more strongly than long red ones, so blue light "
        "reaches us from every direction.",
    ),
    Plain(
        "What is photosynthesis?",
        "It is how plants use light to turn water and carbon dioxide into sugar, while giving off "
        "oxygen. It happens in green chloroplasts.",
    ),
    Plain(
        "How many minutes are there in a week?",
        "There are 10,080 minutes in a week: seven days, times 24 hours, times 60 minutes.",
    ),
    Plain(
        "Who wrote Don Quixote?",
        "The Spanish writer Miguel de Cervantes wrote it. The two parts appeared in 1605 and 1615, and "
        "it is often called the first modern novel.",
    ),
    Plain(
        "What is the difference between weather and climate?",
        "Weather is what the air does today or this week; climate is the average of weather over decades in a region.",
    ),
    Plain(
        "How does a refrigerator work?",
        "A liquid evaporates in the pipes inside and takes up heat; a compressor then makes it condense"
        " outside, where it gives the heat off.",
    ),
    Plain(
        "What is 17 times 23?",
        "17 times 23 is 391, because 17 times 20 is 340 and 17 times 3 is 51, and together they make 391.",
    ),
    Plain(
        "Which planet has the most moons?",
        "Saturn, with well over a hundred known moons; Jupiter comes second. The numbers still grow as "
        "telescopes improve.",
    ),
    Plain(
        "What does inflation mean?",
        "Inflation means that prices rise in general, so that the same sum of money buys less than it did before.",
    ),
    Plain(
        "Why do leaves change colour in autumn?",
        "Trees break down green chlorophyll before winter, and yellow and orange pigments that were "
        "there all along become visible.",
    ),
    Plain(
        "What is a good synonym for happy?",
        'You could say cheerful, glad, content or delighted; "content" is quieter, and "delighted" is stronger.',
    ),
    Plain(
        "How long should I boil an egg?",
        "About six minutes for a soft yolk, eight for a creamy one, and ten for a hard one, counted "
        "from boiling water.",
    ),
    Plain(
        "What is the longest river in South America?",
        "The Amazon, with roughly 6,400 kilometres. It carries more water than any other river on Earth.",
    ),
    Plain(
        "When was the printing press invented in Europe?",
        "Johannes Gutenberg developed printing with movable metal type in Mainz around 1450, which made"
        " books much cheaper.",
    ),
    Plain(
        "What are the primary colours of light?",
        "Red, green and blue. Mixed together in equal strength they give white, as on the screen that you are reading.",
    ),
    Plain(
        "Summarise what a balanced diet is.",
        "Mostly vegetables, fruit, whole grains and pulses, some dairy, fish or lean meat, little sugar"
        " and salt, and enough water.",
    ),
    Plain(
        'Translate "Good morning, how are you?" into French.',
        'In French you say: "Bonjour, comment allez-vous ?" To a friend you can say: "Bonjour, comment vas-tu ?"',
    ),
    Plain(
        "Give me three ideas for a weekend trip with children.",
        "Visit a farm where they can feed animals, ride bicycles along a river with a picnic, or spend "
        "a day at a science museum.",
    ),
    Plain(
        "Name three instruments of the string family.",
        "The violin, the viola and the cello belong to the string family; the double bass and the harp "
        "are counted among strings as well.",
    ),
    Plain(
        "What should I wear to a job interview at a bank?",
        "Something classic and clean: a dark suit or blazer, a plain shirt or blouse, polished shoes, "
        "and very little jewellery.",
    ),
    Plain(
        "How do I get from feet to metres?",
        "Multiply by 0.3048. Six feet, for example, are about 1.83 metres.",
    ),
    Plain(
        "What is the boiling point of water at sea level?",
        "Pure water boils at 100 degrees Celsius, or 212 degrees Fahrenheit, at normal pressure at sea level.",
    ),
    Plain(
        "What is an adjective?",
        'An adjective is a word that describes a noun, such as "green" in "a green door" or "quiet" in '
        '"a quiet street".',
    ),
    Plain(
        "Why do we have leap years?",
        "The Earth needs about 365 and a quarter days for one orbit, so nearly every fourth year gets an extra day.",
    ),
    Plain(
        "How many players are in a volleyball team?",
        "Six players of each team are on the court at a time; in beach volleyball there are only two.",
    ),
    Plain(
        "What is the main ingredient of hummus?",
        "Chickpeas, blended with sesame paste, lemon juice, garlic and a little oil.",
    ),
    Plain(
        "How do magnets work?",
        "In some metals the tiny magnetic fields of the atoms line up; together they form a field with "
        "a north and a south pole.",
    ),
    Plain(
        'What is the past tense of "to swim"?',
        'The past tense is "swam", as in "I swam yesterday"; the participle is "swum", as in "I have '
        'swum here before".',
    ),
    Plain(
        "Which countries border Switzerland?",
        "Germany, France, Italy, Austria and Liechtenstein. Switzerland has no coast of its own.",
    ),
    Plain(
        "Who painted The Starry Night?",
        "Vincent van Gogh painted it in June 1889, while he stayed at an asylum in Saint-Rémy in the south of France.",
    ),
    Plain(
        "What is the best time to visit Japan?",
        "Late March to May for cherry blossom and mild days, or October and November for autumn "
        "colours. Summer is hot and humid.",
    ),
    Plain(
        'What does the abbreviation "e.g." mean?',
        'It stands for the Latin "exempli gratia" and means "for example".',
    ),
    Plain(
        "How can I tell if a mango is ripe?",
        "Press it gently: a ripe mango gives a little and smells sweet near the stem. The colour says little.",
    ),
    Plain(
        "What is the freezing point of water in Fahrenheit?",
        "Water freezes at 32 degrees Fahrenheit, which is 0 degrees Celsius.",
    ),
)
